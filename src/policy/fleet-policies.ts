import type {DnsName, Fleet} from '../fleet/model.ts'
import type {PolicyDocument, ZoneId} from './document.ts'
import {fleetPartition, isAmazon, operatorPolicy, profileName} from './operator.ts'
import {instancePolicy} from './route53.ts'
import {type PostgresGrants, postgresGrants, stateNotes} from './state.ts'

/** A CloudFlare API token: these permission groups (by their exact names) on these zones and nothing else. */
export type TokenPolicy = {
  readonly name: string
  readonly permissions: readonly string[]
  readonly zones: readonly string[]
}

/** Everything that has to be granted for this fleet, and to whom. */
export type FleetPolicies = {
  readonly fleet: string
  readonly partition: string
  /** Zones at Route53, whose ids stand in the documents. */
  readonly zones: readonly string[]
  readonly operator: {
    readonly aws?: PolicyDocument
    readonly cloudflare?: TokenPolicy
    readonly postgres?: PostgresGrants
  }
  readonly instances: {
    readonly aws?: {
      readonly policy: PolicyDocument
      /** Instance profiles that the file names: their roles carry the policy. */
      readonly profiles: readonly string[]
      /** Whether instances without a role register too: then a user with keys carries it. */
      readonly keys: boolean
    }
    readonly cloudflare?: TokenPolicy
  }
  /** What cannot be limited, or has to be known. */
  readonly notes: readonly string[]
}

/** From the fleet file alone; nothing is asked. */
export function fleetPolicies(fleet: Fleet, zoneId: ZoneId): FleetPolicies {
  const amazon = fleet.groups.filter(isAmazon)
  const partition = fleetPartition(fleet)
  const operator = operatorPolicy(fleet, zoneId)
  const instances = instancePolicy(fleet.names, zoneId, partition)
  const profiles = [...new Set(amazon.flatMap(({wish}) => wish.instanceProfile ?? []))].map(profileName)
  const keys = fleet.groups.some(group => !isAmazon(group) || group.wish.instanceProfile === undefined)
  const cloudflare = fleet.names.filter(({vendor}) => vendor === 'cloudflare')
  const registering = cloudflare.filter(({registration}) => registration === 'self')
  const theirs = token(`mcd ${fleet.name} instances`, registering, ['DNS Write'])
  const own = token(`mcd ${fleet.name} operator`, cloudflare, ['Zone Read', 'DNS Write'])
  return {
    fleet: fleet.name,
    partition,
    zones: zonesOf(fleet.names.filter(({vendor}) => vendor === 'route53')),
    operator: {
      ...(operator ? {aws: operator} : {}),
      ...(own ? {cloudflare: own} : {}),
      ...(fleet.state.kind === 'postgres' ? {postgres: postgresGrants(fleet.state)} : {}),
    },
    instances: {
      ...(instances ? {aws: {policy: instances, profiles, keys}} : {}),
      ...(theirs ? {cloudflare: theirs} : {}),
    },
    notes: notesOf(fleet, {instances: instances !== undefined, theirs: theirs !== undefined}),
  }
}

/**
 * "Zone Read" turns a zone's name into its id, which instances are told; "DNS Write" holds reading. Source: CloudFlare,
 * "API token permissions".
 */
const token = (
  name: string,
  names: readonly DnsName[],
  permissions: readonly string[],
): TokenPolicy | undefined => (names.length === 0 ? undefined : {name, permissions, zones: zonesOf(names)})

const zonesOf = (names: readonly DnsName[]): string[] => [...new Set(names.map(({zone}) => zone))]

function notesOf(fleet: Fleet, {instances, theirs}: {instances: boolean; theirs: boolean}): string[] {
  const notes: string[] = []
  const profiles = fleet.groups.some(({wish}) => wish.instanceProfile !== undefined)
  if (instances)
    notes.push(
      'IAM limits record names, types and actions, not values: whoever may change the name may remove every address under it. A delegated sub-zone, or "registration: mcd", keeps that small.',
    )
  if (theirs)
    notes.push(
      'A CloudFlare token covers a whole zone: the instances could change every record in it. A zone of their own, or "registration: mcd", keeps that small.',
    )
  if (profiles)
    notes.push(
      'iam:PassRole names the role as the instance profile is named; change it where the role is named otherwise.',
    )
  if (fleet.groups.some(({place}) => place.compatible))
    notes.push('Groups on EC2-compatible clouds are left out: those clouds keep their own identities.')
  if (fleet.groups.some(({place}) => place.provider === 'joyent'))
    notes.push(
      'Triton needs an account key, or an RBAC sub-user who may list, make, tag and delete machines and firewall rules.',
    )
  notes.push(...stateNotes(fleet))
  if (!instances && !theirs) notes.push('Instances hold no DNS credential in this fleet: mcd registers them.')
  return notes
}

/** A name as shells and Terraform take it. */
export const identifier = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '_')
