import type {ProcessIdentity} from '../process-identity.ts'
import type {Place} from '../providers/compute.ts'
import type {ChangeReceipt, DnsVendor, Member} from '../providers/dns.ts'
import type {FrozenOrder, Shortfall, Step, StepResult, StoredEvent, ZoneKey} from './events.ts'

/** A launch that was intended. Open while no outcome stands: it may have happened (law 4). */
export type RecordedLaunch = {
  readonly step: string
  readonly run: string
  readonly group: string
  readonly place: string
  readonly order: FrozenOrder
  readonly intendedAtMs: number
  /** When its outcome was written; an old order sent again is answered long after it was intended. */
  readonly answeredAtMs?: number
  readonly open: boolean
  /** What the cloud answered, as far as it answered. */
  readonly instances: readonly string[]
  readonly shortfall?: Shortfall
}

/** An instance on its way out: when its addresses left each zone, and since when that is served. */
export type Leaving = {
  readonly zones: ReadonlyMap<
    ZoneKey,
    {
      readonly removed: readonly Member[]
      readonly receipt?: ChangeReceipt
      readonly removedAtMs: number
      readonly servedAtMs?: number
    }
  >
}

export type PublishedName = {
  readonly vendor: DnsVendor
  readonly zone: string
  readonly name: string /** The largest in the fleet's lifetime. */
  readonly maxTtlSeconds: number
  /** When it was first published: instances launched before know nothing of it. */
  readonly sinceMs: number
}

/** `host` and `user` are for people; `process` tells on its own host whether it still works. */
export type UnfinishedRun = {
  readonly run: string
  readonly command: string
  readonly startedAtMs: number
  readonly host: string
  readonly user: string
  readonly pid: number
  readonly process?: ProcessIdentity
}

/** What the journal knows: the fold over its events. */
export type Recorded = {
  readonly nextSequence: number
  /** The last run, while nothing says that it ended: it works, or it was stopped. */
  readonly unfinished: UnfinishedRun | undefined
  readonly digestKey: string | undefined
  /** Base name of the fleet file that opened the journal. */
  readonly file: string | undefined
  /** Every owner name this fleet had, oldest first: instances under any of them are ours. */
  readonly owners: readonly string[]
  /** By key. `left` ones are not looked at any more; their account still is what it was (decision 5). */
  readonly places: ReadonlyMap<
    string,
    {readonly place: Place; readonly account: string; readonly left?: boolean}
  >
  readonly zones: ReadonlyMap<ZoneKey, {readonly id: string; readonly account: string}>
  readonly names: readonly PublishedName[]
  /** The largest TTL that was ever published, also under names that were left since. */
  readonly longestTtlSeconds: number
  /** By launch id, in the order of their intents. */
  readonly launches: ReadonlyMap<string, RecordedLaunch>
  /** By instance id. */
  readonly leaving: ReadonlyMap<string, Leaving>
  /** By instance id: when the cloud last accepted to end it. */
  readonly terminatedAtMs: ReadonlyMap<string, number>
  /** Ingress ids by `<place> <group>`. */
  readonly networkIds: ReadonlyMap<string, readonly string[]>
  /** When addresses were last sent to a zone in a run, by `<run> <zone>`. */
  readonly registeredAtMs: ReadonlyMap<string, number>
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B>
    ? Map<A, B>
    : T[K] extends readonly (infer A)[]
      ? A[]
      : T[K]
}

/** State from events. Pure; unknown event types of a newer minor version are skipped. */
export function fold(events: readonly StoredEvent[]): Recorded {
  const state: Mutable<Recorded> = {
    nextSequence: 1,
    unfinished: undefined,
    digestKey: undefined,
    file: undefined,
    owners: [],
    places: new Map(),
    zones: new Map(),
    names: [],
    longestTtlSeconds: 0,
    launches: new Map(),
    leaving: new Map(),
    terminatedAtMs: new Map(),
    networkIds: new Map(),
    registeredAtMs: new Map(),
  }
  const steps = new Map<string, Step>()
  /** By zone and instance: every removal that was sent, with or without an outcome. */
  const sent = new Map<string, Member[]>()
  for (const {sequence, atMs, run, event} of events) {
    state.nextSequence = sequence + 1
    switch (event.type) {
      case 'opened':
        state.digestKey = event.digestKey
        state.file = event.file
        break
      case 'owner-recorded':
        if (!state.owners.includes(event.dns)) state.owners.push(event.dns)
        break
      case 'run-started': {
        const {command, host, user, pid, process} = event
        state.unfinished = {run, command, startedAtMs: atMs, host, user, pid, ...(process ? {process} : {})}
        break
      }
      case 'run-finished':
        if (state.unfinished?.run === run) state.unfinished = undefined
        break
      case 'place-recorded':
        state.places.set(event.place.key, {place: event.place, account: event.account})
        break
      case 'zone-recorded':
        state.zones.set(`${event.vendor}/${event.zone}`, {id: event.id, account: event.account})
        break
      case 'name-published':
        publish(state.names, event, atMs)
        state.longestTtlSeconds = Math.max(state.longestTtlSeconds, event.ttlSeconds)
        break
      case 'place-left': {
        const known = state.places.get(event.place)
        if (known) state.places.set(event.place, {...known, left: true})
        break
      }
      case 'name-left':
        state.names = state.names.filter(
          ({vendor, zone, name}) => vendor !== event.vendor || zone !== event.zone || name !== event.name,
        )
        break
      case 'intent':
        steps.set(event.step, event.what)
        intend(state, event.step, event.what, run, atMs)
        if (event.what.kind === 'change-dns') noteSent(sent, event.what)
        break
      case 'outcome': {
        const what = steps.get(event.step)
        if (what) conclude(state, what, event.result, atMs, sent)
        break
      }
      case 'removal-served':
        for (const instance of event.instances) {
          const zones = new Map(state.leaving.get(instance)?.zones)
          const left = zones.get(event.zone)
          if (left) zones.set(event.zone, {servedAtMs: atMs, ...left})
          state.leaving.set(instance, {zones})
        }
        break
      default:
        break
    }
  }
  return state
}

function publish(
  names: PublishedName[],
  {vendor, zone, name, ttlSeconds}: Omit<PublishedName, 'maxTtlSeconds' | 'sinceMs'> & {ttlSeconds: number},
  atMs: number,
): void {
  const at = names.findIndex(known => known.vendor === vendor && known.zone === zone && known.name === name)
  const maxTtlSeconds = Math.max(ttlSeconds, names[at]?.maxTtlSeconds ?? 0)
  names.splice(at < 0 ? names.length : at, at < 0 ? 0 : 1, {
    vendor,
    zone,
    name,
    maxTtlSeconds,
    sinceMs: names[at]?.sinceMs ?? atMs,
  })
}

function intend(state: Mutable<Recorded>, step: string, what: Step, run: string, atMs: number): void {
  if (what.kind === 'launch') {
    const {launch} = what.order.mark
    state.launches.set(launch, {
      step,
      run,
      group: what.group,
      place: what.place,
      order: what.order,
      intendedAtMs: atMs,
      open: true,
      instances: [],
    })
  }
  if (what.kind === 'change-dns' && what.change.create.some(member => member.type !== 'TXT')) {
    state.registeredAtMs.set(`${run} ${what.zone}`, atMs)
  }
}

/** A removal whose outcome nobody wrote down may have happened: resolvers remember what stood there all the same. */
function noteSent(
  sent: Map<string, Member[]>,
  {zone, change, leaving}: Extract<Step, {kind: 'change-dns'}>,
): void {
  for (const instance of leaving) {
    const key = `${zone} ${instance}`
    const known = sent.get(key) ?? []
    const added = change.remove.filter(
      member =>
        member.mark?.instance === instance &&
        !known.some(
          ({name, value, ref}) => name === member.name && value === member.value && ref === member.ref,
        ),
    )
    sent.set(key, [...known, ...added])
  }
}

function conclude(
  state: Mutable<Recorded>,
  what: Step,
  result: StepResult,
  atMs: number,
  sent: ReadonlyMap<string, readonly Member[]>,
): void {
  switch (what.kind) {
    case 'launch': {
      const {launch} = what.order.mark
      const before = state.launches.get(launch)
      if (!before) break
      const {shortfall} = result
      state.launches.set(launch, {
        ...before,
        answeredAtMs: atMs,
        open: result.kind === 'failed' && result.effect === 'unknown',
        instances: result.kind === 'done' ? (result.instances ?? []) : [],
        ...(shortfall === undefined ? {} : {shortfall}),
      })
      break
    }
    case 'change-dns':
      if (result.kind !== 'done') break
      for (const instance of what.leaving) {
        const zones = new Map(state.leaving.get(instance)?.zones)
        zones.set(what.zone, {
          removed: sent.get(`${what.zone} ${instance}`) ?? [],
          removedAtMs: atMs,
          ...(result.receipt ? {receipt: result.receipt} : {}),
        })
        state.leaving.set(instance, {zones})
      }
      break
    case 'terminate':
      if (result.kind === 'done')
        for (const instance of what.instances) state.terminatedAtMs.set(instance, atMs)
      break
    case 'ensure-network':
      if (result.kind === 'done') state.networkIds.set(`${what.place} ${what.group}`, result.networkIds ?? [])
      break
    case 'remove-network':
      if (result.kind === 'done') state.networkIds.delete(`${what.place} ${what.group}`)
      break
    default:
      what satisfies never
  }
}
