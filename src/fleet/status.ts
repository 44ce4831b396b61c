import type {Lease} from '../journal/fold-lease.ts'
import {WHOLE_FLEET} from '../mark.ts'
import type {Member} from '../providers/dns.ts'
import type {Desired} from './desired.ts'
import {discoveryNames} from './discovery.ts'
import {inspectFleet} from './inspect.ts'
import type {Standing} from './lease.ts'
import type {Fleet} from './model.ts'
import {nameKey, type Observed, type ObservedName} from './observed.ts'
import type {Outside} from './outside.ts'
import type {Action, Note, Plan} from './plan/action.ts'

/** `mcd status --json`: an interface to other programs; add fields, never change one. */
export type FleetStatus = {
  fleet: string
  converged: boolean
  groups: {
    name: string
    provider: string
    region: string
    desired: number
    live: number
    reachable: boolean
  }[]
  instances: {
    id: string
    name?: string
    group: string
    provider: string
    zone?: string
    state: string
    health: string
    publicIp?: string
    privateIp?: string
    /** `host:port` where the sandbox really serves it, when that is not its own address. */
    servedAt?: string
    inDns: boolean
    launch: string
    launchedAt: string
  }[]
  /** The first name; `names` has all of them. */
  dns: NameStatus
  names: NameStatus[]
  differences: Difference[]
  /** The run that holds the lease: it works now, or was stopped and waits to be gone on with. Absent where there is none. */
  holder?: RunStatus
}

export type RunStatus = {
  run: string
  command: string
  user: string
  host: string
  pid: number
  startedAt: string
  /** `unknown` where its host is another one: a sign of life of the last seconds speaks for it. */
  state: 'works' | 'stopped' | 'unknown'
}

export type NameStatus = {
  provider: string
  name: string
  type: 'A'
  ttlSeconds: number
  readable: boolean
  records: {value: string; instance?: string; owned: boolean}[]
  /** What clients find by DNS-SD beside it: the SRV values of the service. */
  discovery?: {name: string; records: {value: string; instance?: string; owned: boolean}[]}
}

export type Difference = {kind: string; instance?: string; group?: string; text: string; fix: string}

const WATCH_INTERVAL_MS = 5_000

/** One look at everything, described. */
export async function fleetStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
): Promise<FleetStatus> {
  const {desired, observed, plan, recorded} = await inspectFleet(outside, fleet, {tolerateRefusals: true})
  const status = describeStatus(desired, observed, plan, recorded.owners)
  return recorded.lease ? {...status, holder: runStatus(recorded.lease, standing(recorded.lease))} : status
}

function runStatus({run, command, user, host, pid, startedAtMs}: Lease, {kind}: Standing): RunStatus {
  const state = kind === 'alive' ? 'works' : kind === 'unknown' ? 'unknown' : 'stopped'
  return {run, command, user, host, pid, startedAt: new Date(startedAtMs).toISOString(), state}
}

/** Looks again and again, until the run is interrupted. */
export async function watchStatus(
  outside: Outside,
  fleet: Fleet,
  standing: (lease: Lease | undefined) => Standing,
  show: (status: FleetStatus) => Promise<void>,
): Promise<FleetStatus> {
  for (;;) {
    const status = await fleetStatus(outside, fleet, standing)
    await show(status)
    // Being interrupted is how a watch ends.
    const isOver = await outside.runtime.sleep(WATCH_INTERVAL_MS).then(
      () => false,
      () => true,
    )
    if (isOver) return status
  }
}

/** Declared, live and DNS side by side, with the reason for each difference. Pure. */
export function describeStatus(
  desired: Desired,
  observed: Observed,
  plan: Plan,
  owners: readonly string[],
): FleetStatus {
  const {fleet} = desired
  const ours = new Set([fleet.dns, ...owners])
  const instances = [...observed.places].flatMap(([key, place]) =>
    place.readable
      ? place.instances
          .filter(({mark, state}) => ours.has(mark.dns) && state !== 'gone')
          .map(instance => ({instance, provider: key.slice(0, key.indexOf(':'))}))
      : [],
  )
  const toRecord = ({value, mark}: Member) => ({
    value,
    ...(mark ? {instance: mark.instance} : {}),
    owned: mark?.fleet === fleet.name,
  })
  const names = fleet.names.map(({vendor, zone, name, ttlSeconds, discovery}): NameStatus => {
    const seen = observed.names.get(nameKey(vendor, name))
    const members = seen?.readable ? seen.members.filter(({type}) => type === 'A' || type === 'AAAA') : []
    return {
      provider: vendor,
      name,
      type: 'A',
      ttlSeconds,
      readable: seen?.readable ?? false,
      records: members.map(toRecord),
      ...(discovery && {discovery: discovered(seen, discoveryNames(zone, discovery).instance)}),
    }
  })
  function discovered(seen: ObservedName | undefined, set: string): NonNullable<NameStatus['discovery']> {
    const records = seen?.readable ? (seen.discovery ?? []) : []
    return {
      name: set,
      records: records.filter(({name, type}) => name === set && type === 'SRV').map(toRecord),
    }
  }
  const inDns = (id: string) =>
    names.length > 0 &&
    names.every(({records}) => records.some(record => record.instance === id && record.owned))
  const differences = differencesOf(plan, observed)
  return {
    fleet: fleet.name,
    converged: differences.length === 0,
    groups: desired.groups.map(({group: {name, place, count}}) => ({
      name,
      provider: place.provider,
      region: place.region ?? place.key.slice(place.key.indexOf(':') + 1),
      desired: count,
      live: instances.filter(({instance}) => instance.mark.group === name && instance.place === place.key)
        .length,
      reachable: observed.places.get(place.key)?.readable ?? false,
    })),
    instances: instances.map(({instance, provider}) => ({
      id: instance.id,
      ...(instance.name === undefined ? {} : {name: instance.name}),
      group: instance.mark.group,
      provider,
      ...(instance.zone === undefined ? {} : {zone: instance.zone}),
      state: instance.state,
      health: observed.health.get(instance.id)?.verdict ?? 'unknown',
      ...(instance.publicIp === undefined ? {} : {publicIp: instance.publicIp}),
      ...(instance.privateIp === undefined ? {} : {privateIp: instance.privateIp}),
      inDns: inDns(instance.id),
      launch: instance.mark.launch,
      launchedAt: new Date(instance.launchedAtMs).toISOString(),
    })),
    dns: names[0] as NameStatus,
    names,
    differences,
  }
}

function differencesOf({actions, notes}: Plan, observed: Observed): Difference[] {
  const rolling = new Set(actions.flatMap(action => (action.kind === 'replace' ? [action.group] : [])))
  return [
    ...missingFrom(actions),
    ...actions.flatMap(action => differenceOf(action, observed, rolling)),
    ...notes.filter(({blocks}) => blocks).map(noteDifference),
  ]
}

const UP = 'mcd up'

const ownerOf = (mark: Member['mark']): string =>
  mark && mark.instance !== WHOLE_FLEET ? ` of ${mark.instance}` : ''

/** Who is not there at all, zone or no zone. What is launched in place of outdated instances is not missing: those serve. */
function missingFrom(actions: readonly Action[]): Difference[] {
  const launches = actions.filter(action => action.kind === 'launch')
  const rollouts = actions.filter(action => action.kind === 'replace')
  return [...Map.groupBy(launches, ({group}) => group)].flatMap(([group, of]) => {
    const count = of.reduce((sum, launch) => sum + launch.count, 0)
    const inPlace = rollouts.find(rollout => rollout.group === group)
    const missing = count - (inPlace ? inPlace.instances.length - inPlace.launches : 0)
    const text = `${missing} missing in group ${group} (${of[0]?.reason})`
    return missing > 0 ? [{kind: 'missing-instance', group, text, fix: UP}] : []
  })
}

function differenceOf(action: Action, observed: Observed, rolling: ReadonlySet<string>): Difference[] {
  switch (action.kind) {
    case 'launch':
      return []
    case 'wait':
      if (action.until === 'registered')
        return action.instances.map(instance => ({
          kind: 'missing-in-dns',
          instance,
          text: `${instance} is healthy and has not registered itself yet`,
          fix: UP,
        }))
      if (action.until === 'gone')
        return action.instances.map(instance => ({
          kind: 'ending',
          instance,
          text: `${instance} is ending`,
          fix: UP,
        }))
      return action.instances.map(instance => ({
        kind: 'unhealthy',
        instance,
        group: action.group,
        ...healthTrouble(instance, observed, rolling.has(action.group)),
      }))
    case 'register':
      return action.create.map(({mark, name, value}) => ({
        kind: 'missing-in-dns',
        instance: mark?.instance ?? '',
        text: `${name} lacks ${value}${ownerOf(mark)} (${action.reason})`,
        fix: UP,
      }))
    case 'deregister':
      if (action.leaving.length > 0) return []
      return action.remove.map(({mark, name, value, type}) => ({
        kind: type === 'TXT' ? 'stale-hold' : 'dead-record',
        instance: mark?.instance ?? '',
        text: `${name} still holds ${value}${ownerOf(mark)} (${action.reason})`,
        fix: UP,
      }))
    case 'terminate':
      return action.instances.map(instance => ({
        kind: 'surplus-instance',
        instance,
        text: `${instance} is to end (${action.reason})`,
        fix: UP,
      }))
    case 'ensure-network':
      return [
        {
          kind: 'network',
          group: action.group,
          text: `ingress of group ${action.group}: ${action.reason}`,
          fix: UP,
        },
      ]
    case 'remove-network':
      return [
        {kind: 'network', group: action.piece.group, text: `${action.piece.id}: ${action.reason}`, fix: UP},
      ]
    case 'adopt':
      return [
        {
          kind: 'unsettled-launch',
          group: action.group,
          text: `${action.count} of group ${action.group} may still appear (${action.reason})`,
          fix: UP,
        },
      ]
    case 'replace':
      return action.instances.map(instance => ({
        kind: 'outdated-instance',
        instance,
        group: action.group,
        text: `${instance} is to be replaced (${action.reason})`,
        fix: UP,
      }))
    case 'drain':
    case 'pause':
      return []
    default:
      return action satisfies never
  }
}

/** Up waits for what is on its way; what answered once and does so no more comes back by itself or not at all. */
function healthTrouble(
  instance: string,
  {health}: Observed,
  isRolling: boolean,
): {text: string; fix: string} {
  const {verdict, why} = health.get(instance) ?? {}
  if (verdict !== 'unhealthy') return {text: `${instance} is not running and healthy yet`, fix: UP}
  return {
    text: `${instance} does not answer its health check${why === undefined ? '' : ` (${why})`}`,
    // Ended alone it would be launched again from the same launch spec.
    fix: isRolling
      ? `mend what is rolled out and run ${UP}, or mcd replace --rollback`
      : `mcd down --instance ${instance}, then ${UP}`,
  }
}

function noteDifference({kind, text, instance}: Note): Difference {
  return {
    kind,
    ...(instance === undefined ? {} : {instance}),
    text,
    fix: fixFor(kind, instance),
  }
}

function fixFor(kind: Note['kind'], instance: string | undefined): string {
  if (kind === 'unreachable') return 'mcd up, once it answers again'
  if (kind === 'warning') return 'mend the fleet file'
  return kind === 'unhealthy' && instance !== undefined ? `mcd down --instance ${instance}, then ${UP}` : UP
}
