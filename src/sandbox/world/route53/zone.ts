import {createHash} from 'node:crypto'
import type {RecordSet, ZoneSets} from './record-set.ts'
import {Served} from './served.ts'

export type HostedZone = {
  /** `Z…`, without `/hostedzone/`. */
  readonly id: string
  /** Stored form, with final dot. */
  readonly name: string
  readonly callerReference: string
  readonly comment?: string
  readonly privateZone: boolean
  readonly nameServers: readonly string[]
  /** The newest version, what a listing shows: changes still on their way to the servers included. */
  sets: ZoneSets
  readonly served: Served
}

const NS_TTL_SECONDS = 172_800
const SOA_TTL_SECONDS = 900

export type ZoneOptions = {callerReference?: string; comment?: string; privateZone?: boolean}

/** A new zone with the SOA and NS sets that every zone has. `name` in stored form. */
export function createZone(
  name: string,
  {callerReference = `sandbox ${name}`, comment, privateZone = false}: ZoneOptions,
): HostedZone {
  const number = createHash('sha256').update(`${name} ${callerReference}`).digest()
  const nameServers = ['com', 'net', 'org', 'co.uk'].map(
    (tld, index) =>
      `ns-${index * 512 + number.readUInt8(index)}.awsdns-${String(number.readUInt8(index) % 64).padStart(2, '0')}.${tld}.`,
  )
  const sets = new Map([
    [
      name,
      [
        {name, type: 'NS', ttlSeconds: NS_TTL_SECONDS, values: nameServers},
        {
          name,
          type: 'SOA',
          ttlSeconds: SOA_TTL_SECONDS,
          values: [`${nameServers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400`],
        },
      ] satisfies RecordSet[],
    ],
  ])
  return {
    id: resourceId('Z', `${name} ${callerReference}`),
    name,
    callerReference,
    ...(comment !== undefined && {comment}),
    privateZone,
    nameServers,
    sets,
    served: new Served(name, sets),
  }
}

/** `Z0A1…`: the prefix and 19 of the characters that Route53's ids are made of. */
export function resourceId(prefix: 'Z' | 'C', seed: string): string {
  const digits = BigInt(`0x${createHash('sha256').update(seed).digest('hex')}`)
    .toString(36)
    .toUpperCase()
  return prefix + digits.padStart(19, '0').slice(-19)
}

export const setCount = (sets: ZoneSets): number =>
  [...sets.values()].reduce((sum, {length}) => sum + length, 0)
