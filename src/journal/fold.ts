import type {JournalEvent, StoredEvent} from './events.ts'
import {noteEnded} from './fold-ended.ts'
import {foldLease} from './fold-lease.ts'
import {foldNotice} from './fold-notices.ts'
import {concludeStep, intendStep} from './fold-steps.ts'
import {foldTtl, leaveTtl} from './fold-ttl.ts'
import {type Folding, startFold} from './folding.ts'
import type {PublishedName, Recorded} from './recorded.ts'

/** State from events. */
export function fold(events: readonly StoredEvent[]): Recorded {
  const folding = startFold()
  for (const event of events) foldEvent(folding, event)
  return folding.recorded
}

/** One more event. Unknown types, of a newer minor version, are skipped. */
export function foldEvent(folding: Folding, stored: StoredEvent): void {
  const state = folding.recorded
  const {sequence, atMs, run, event} = stored
  state.nextSequence = sequence + 1
  state.lease = foldLease(state.lease, stored)
  switch (event.type) {
    case 'opened':
      // A later one begins anew (`mcd state rebuild`): what came before it is history.
      Object.assign(state, {
        ...startFold().recorded,
        nextSequence: state.nextSequence,
        lease: state.lease,
        // Whom it was promised to still waits for it.
        owed: state.owed,
      })
      folding.steps.clear()
      folding.sent.clear()
      state.digestKey = event.digestKey
      state.file = event.file
      break
    case 'run-started':
      // Each run asks for its own alone.
      state.registeredAtMs.clear()
      break
    case 'instances-found':
      for (const {id, ...instance} of event.instances) state.found.set(id, {place: event.place, ...instance})
      break
    case 'instances-ended':
      for (const id of event.instances) noteEnded(folding, id, atMs)
      break
    case 'owner-recorded':
      if (!state.owners.includes(event.dns)) state.owners.push(event.dns)
      break
    case 'place-recorded':
      state.places.set(event.place.key, {place: event.place, account: event.account})
      break
    case 'place-silent':
      if (!state.silentSinceMs.has(event.place)) state.silentSinceMs.set(event.place, atMs)
      break
    case 'place-answered':
      state.silentSinceMs.delete(event.place)
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
      leaveTtl(state, event)
      state.names = state.names.filter(
        ({vendor, zone, name}) => vendor !== event.vendor || zone !== event.zone || name !== event.name,
      )
      break
    case 'intent':
      intendStep(folding, event.step, event.what, run, atMs)
      break
    case 'outcome':
      concludeStep(folding, event.step, event.result, atMs)
      break
    case 'run-finished':
      if (event.dnsOnly) break
      if (event.converged) state.converged += 1
      state.unsettledNetwork.clear()
      break
    case 'replacement-asked':
      for (const id of event.instances) if (!state.asked.has(id)) state.asked.set(id, atMs)
      break
    case 'drain-asked':
      for (const id of event.instances) {
        if (!state.drained.has(id)) state.drained.set(id, atMs)
        state.lifted.delete(id)
      }
      break
    case 'drain-lifted':
      for (const id of event.instances) {
        state.drained.delete(id)
        state.lifted.set(id, atMs)
      }
      break
    case 'ttl-lowered':
    case 'ttl-served':
    case 'ttl-settled':
    case 'ttl-restored':
      foldTtl(folding, event, atMs)
      break
    case 'instances-seen':
    case 'instances-lost':
    case 'fleet-settled':
    case 'notice-owed':
    case 'notice-delivered':
    case 'notice-given-up':
      foldNotice(state, event, run, atMs)
      break
    case 'pause-begun':
      for (const id of event.instances) state.pausedAtMs.set(id, atMs)
      break
    case 'moved':
      state.movedTo = event.to
      break
    case 'requests-met':
      state.asked.clear()
      state.rollback = []
      break
    case 'spec-recorded':
      state.specs.set(event.spec, event.source)
      break
    case 'rollback-asked':
      state.rollback = [...event.launches]
      break
    case 'removal-served':
      for (const instance of event.instances) {
        const zones = new Map(state.leaving.get(instance)?.zones)
        const left = zones.get(event.zone)
        if (left) zones.set(event.zone, {servedAtMs: atMs, ...left})
        state.leaving.set(instance, {zones})
      }
      break
    case 'absence-served':
      for (const instance of event.instances) {
        const out = state.heldOut.get(instance)
        const left = out?.zones.get(event.zone)
        if (left)
          state.heldOut.set(instance, {
            zones: new Map(out?.zones).set(event.zone, {servedAtMs: atMs, ...left}),
          })
      }
      break
    default:
      break
  }
}

function publish(
  names: PublishedName[],
  {vendor, zone, name, ttlSeconds, discovery}: JournalEvent & {type: 'name-published'},
  atMs: number,
): void {
  const at = names.findIndex(known => known.vendor === vendor && known.zone === zone && known.name === name)
  const maxTtlSeconds = Math.max(ttlSeconds, names[at]?.maxTtlSeconds ?? 0)
  const before = names[at]?.discovery ?? []
  const isKnown = before.some(known => isSameDiscovery(known, discovery))
  const published = discovery && !isKnown ? [...before, discovery] : before
  names.splice(at < 0 ? names.length : at, at < 0 ? 0 : 1, {
    vendor,
    zone,
    name,
    maxTtlSeconds,
    sinceMs: names[at]?.sinceMs ?? atMs,
    ...(published.length > 0 && {discovery: published}),
  })
}

type Published = {readonly service: string; readonly instance: string}
export const isSameDiscovery = (a: Published, b: Published | undefined): boolean =>
  a.service === b?.service && a.instance === b.instance
