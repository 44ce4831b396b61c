import {EXIT, RefusedError} from '../errors.ts'
import type {JournalEvent} from '../journal/events.ts'
import type {PublishedName, Recorded} from '../journal/recorded.ts'
import type {Instance} from '../providers/compute.ts'
import {instancesFound} from './known-instances.ts'
import type {Fleet} from './model.ts'
import {leftBehind} from './observe/left-behind.ts'
import {createObserver, type Observer} from './observe/observe.ts'
import {nameKey, type Observed} from './observed.ts'
import type {Outside} from './outside.ts'
import {ownersOf} from './ownership.ts'
import {opening} from './turn/open-run.ts'
import {inTurn, type TurnOptions} from './turn/turn.ts'

/** What a journal knows that begins with what stands in the clouds and zones now. */
export type Rebuilt = {
  readonly run: string
  /** Events that stay as history and tell nothing of the present any more. */
  readonly earlierEvents: number
  readonly places: readonly {
    readonly place: string
    readonly account: string
    readonly instances: readonly Instance[]
  }[]
  /** With the largest TTL that resolvers may have met. */
  readonly names: readonly (Omit<PublishedName, 'sinceMs'> & {readonly records: number})[]
  /** Alive under this fleet's name and another owner's DNS name: not ours, and left alone. */
  readonly strangers: readonly Instance[]
}

export type RebuildOptions = TurnOptions & {
  /** Asked with what was found, before the journal begins anew; throws when the answer is no. */
  approve(rebuilt: Rebuilt): Promise<void>
}

/** A launch whose answer nobody wrote down may show itself this long after it was sent. */
const ON_THEIR_WAY_MS = 5 * 60_000

/**
 * Begins the journal anew with what the clouds and the zones show by their marks. One append does it: who is stopped
 * anywhere leaves the old beginning or the new one. Nothing is thrown away: the events before are history from then on. Of
 * them, where there are any, only this still counts: where to look, whose names are this fleet's, and for how long resolvers
 * may remember. Throws RefusedError while a place or zone cannot be read (law 6) or a launch may be under way, LockedError
 * while a run works.
 */
export const rebuildJournal = (outside: Outside, fleet: Fleet, options: RebuildOptions): Promise<Rebuilt> =>
  inTurn(outside, options, async ({ledger, take}) => {
    const {runtime} = outside
    const before = ledger.recorded()
    refuseLaunchesUnderWay(before, runtime.now())
    const observer = createObserver(outside, fleet, () => before)
    const observed = await observer.look()
    refuseUnread(observed)
    const rebuilt = describe(fleet, before, observer, observed, ledger.run)
    await options.approve(rebuilt)
    await take([opening(runtime, fleet)], newBeginning(fleet, before, observer, observed, rebuilt))
    await ledger.append({type: 'run-finished', exit: EXIT.done, converged: true})
    return rebuilt
  })

function refuseLaunchesUnderWay({launches}: Recorded, nowMs: number): void {
  const young = [...launches.values()].filter(
    ({open, intendedAtMs}) => open && nowMs - intendedAtMs < ON_THEIR_WAY_MS,
  )
  if (young.length === 0) return
  throw new RefusedError(
    young.map(
      ({order, group, place}) =>
        `A launch of ${order.count} for group ${group} in ${place} was sent and not answered: its instances may still appear, and only the journal knows how to find them.`,
    ),
    {suggestions: ['Run "mcd up": it looks for them and goes on. Then rebuild, if that is still wanted.']},
  )
}

function refuseUnread({places, names}: Observed): void {
  const reasons = [...places, ...names].flatMap(([key, seen]) =>
    seen.readable ? [] : [`${key} cannot be read: ${seen.why}`],
  )
  if (reasons.length === 0) return
  throw new RefusedError(
    [...reasons, 'What is there is not known: a journal without it would forget instances that live.'],
    {suggestions: ['Run it again when everything answers. The journal is as it was.']},
  )
}

function describe(
  fleet: Fleet,
  before: Recorded,
  {accounts}: Observer,
  observed: Observed,
  run: string,
): Rebuilt {
  const owners = ownersOf(fleet, before)
  const alive = (key: string): Instance[] => {
    const seen = observed.places.get(key)
    return seen?.readable ? seen.instances.filter(({state}) => state !== 'gone') : []
  }
  const everywhere = [...accounts.values()]
  return {
    run,
    earlierEvents: before.nextSequence - 1,
    places: everywhere.map(({place: {key}, account}) => ({
      place: key,
      account,
      instances: alive(key).filter(({mark}) => owners.has(mark.dns)),
    })),
    names: publishedNames(fleet, before, observed),
    strangers: everywhere.flatMap(({place}) => alive(place.key)).filter(({mark}) => !owners.has(mark.dns)),
  }
}

/** Names of the file and of earlier days. What stands there may have a longer TTL than the file by now. */
function publishedNames(fleet: Fleet, before: Recorded, observed: Observed): Rebuilt['names'] {
  const declared = fleet.names.map(({vendor, zone, name, ttlSeconds, discovery}) => ({
    vendor,
    zone,
    name,
    maxTtlSeconds: ttlSeconds,
    ...(discovery && {discovery: [{service: discovery.service, instance: discovery.instance}]}),
  }))
  const all = new Map([...before.names, ...declared].map(each => [nameKey(each.vendor, each.name), each]))
  return [...all].map(([key, {vendor, zone, name, maxTtlSeconds, discovery = []}]) => {
    const seen = observed.names.get(key)
    const ours = seen?.readable
      ? seen.members.filter(({mark, type}) => mark?.fleet === fleet.name && type !== 'TXT')
      : []
    const earlier = before.names.find(each => nameKey(each.vendor, each.name) === key)
    const known = earlier?.maxTtlSeconds ?? 0
    const standing = ours.map(({ttlSeconds}) => ttlSeconds)
    const longest = [known, ...standing].reduce((a, b) => Math.max(a, b), maxTtlSeconds)
    return {
      vendor,
      zone,
      name,
      maxTtlSeconds: longest,
      discovery: [...discovery, ...(earlier?.discovery ?? [])],
      records: ours.length,
    }
  })
}

function newBeginning(
  fleet: Fleet,
  before: Recorded,
  {accounts, zones}: Observer,
  observed: Observed,
  {names, places}: Rebuilt,
): JournalEvent[] {
  return [
    ...[...new Set([...before.owners, fleet.dns])].map(
      (dns): JournalEvent => ({type: 'owner-recorded', dns}),
    ),
    ...names
      .flatMap(({discovery = [], ...name}, index) =>
        (discovery.length > 0 ? discovery : [undefined]).map(each => ({...name, discovery: each, index})),
      )
      .map(
        ({vendor, zone, name, maxTtlSeconds, discovery, index}): JournalEvent => ({
          type: 'name-published',
          vendor,
          zone,
          name,
          // The longest ever is that of the whole fleet (decision 19), also where it was a name's that was left since.
          ttlSeconds: index === 0 ? Math.max(maxTtlSeconds, before.longestTtlSeconds) : maxTtlSeconds,
          ...(discovery && {discovery}),
        }),
      ),
    ...[...accounts.values()].map((place): JournalEvent => ({type: 'place-recorded', ...place})),
    ...[...zones.values()].map(
      ({vendor, zone: {name, id, account}}): JournalEvent => ({
        type: 'zone-recorded',
        vendor,
        zone: name,
        id,
        account,
      }),
    ),
    ...places.flatMap(({place, instances}) =>
      instances.length > 0 ? [instancesFound(place, instances)] : [],
    ),
    ...leftBehind(fleet, before, observed),
  ]
}
