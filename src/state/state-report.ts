import type {Standing} from '../fleet/turn/lease.ts'
import type {RecordedFleet} from './recorded-fleet.ts'

/** `mcd state show --json`: what the journal knows, without what is only for machines (keys, digests, launch targets). */
export type StateReport = ReturnType<typeof stateReport>

export function stateReport({fleet, where, snapshot, events, recorded, holder}: RecordedFleet) {
  const {file, owners, places, zones, names, launches, found, leaving, terminatedAtMs, ended, asked} =
    recorded
  return {
    fleet: fleet.name,
    journal: where,
    events: events.length,
    ...(snapshot === undefined ? {} : {snapshot}),
    ...(file === undefined ? {} : {file}),
    lease: leaseOf(holder),
    owners,
    places: [...places.values()].map(({place: {key, provider}, account, left = false}) => {
      const silentMs = recorded.silentSinceMs.get(key)
      return {key, provider, account, left, ...(silentMs === undefined ? {} : {silentSince: iso(silentMs)})}
    }),
    zones: [...zones].map(([key, {id, account}]) => ({key, id, account})),
    names: names.map(({vendor, zone, name, maxTtlSeconds, sinceMs}) => ({
      name,
      vendor,
      zone,
      longestTtlSeconds: maxTtlSeconds,
      since: iso(sinceMs),
    })),
    longestTtlSeconds: recorded.longestTtlSeconds,
    instances: {
      launched: [...launches.values()].reduce((sum, {instances}) => sum + instances.length, 0),
      found: found.size,
    },
    openLaunches: [...launches.values()]
      .filter(({open}) => open)
      .map(({order, group, place, run, intendedAtMs}) => ({
        launch: order.mark.launch,
        group,
        place,
        zone: order.zone.name,
        count: order.count,
        type: order.type,
        run,
        sentAt: iso(intendedAtMs),
      })),
    leaving: [...leaving]
      .filter(([instance]) => !terminatedAtMs.has(instance) && !ended.has(instance))
      .map(([instance, way]) => ({
        instance,
        zones: [...way.zones].map(([zone, {removedAtMs, servedAtMs}]) => ({
          zone,
          removedAt: iso(removedAtMs),
          ...(servedAtMs === undefined ? {} : {servedAt: iso(servedAtMs)}),
        })),
      })),
    drained: [...recorded.drained].map(([instance, sinceMs]) => ({instance, since: iso(sinceMs)})),
    loweredTtls: [...recorded.lowered.values()].map(({vendor, name, ttlSeconds, sinceMs, settledAtMs}) => ({
      name,
      vendor,
      ttlSeconds,
      since: iso(sinceMs),
      ...(settledAtMs === undefined ? {} : {settledAt: iso(settledAtMs)}),
    })),
    replacementAsked: [...asked].map(([instance, sinceMs]) => ({instance, since: iso(sinceMs)})),
    notificationsOwed: [...recorded.owed.values()].map(({id, about, atMs, receivers}) => ({
      id,
      type: about,
      since: iso(atMs),
      receivers: receivers.map(({host}) => host),
    })),
  }
}

/** `holder` as this host can tell: `left` is dead for sure, of `unknown` only time tells. */
function leaseOf(standing: Standing) {
  if (standing.kind === 'free') return {holder: 'free'} as const
  if (standing.kind === 'left') return {holder: 'left', run: standing.takenOver.run} as const
  const {run, command, user, host, pid, job, startedAtMs, lastSign} = standing.lease
  const since = {startedAt: iso(startedAtMs), lastSignAt: iso(lastSign.atMs)}
  return {
    holder: standing.kind,
    run,
    command,
    user,
    host,
    pid,
    ...(job === undefined ? {} : {job}),
    ...since,
  } as const
}

const iso = (ms: number): string => new Date(ms).toISOString()
