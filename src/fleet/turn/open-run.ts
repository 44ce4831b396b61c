import type {JournalEvent} from '../../journal/events.ts'
import {isSameDiscovery} from '../../journal/fold.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Runtime} from '../../runtime.ts'
import {adoptions, endings} from '../known-instances.ts'
import type {Fleet} from '../model.ts'
import type {Observer} from '../observe/observe.ts'
import type {Observed} from '../observed.ts'
import {rememberedSeconds} from '../plan/leaving/remember.ts'
import type {Ledger} from './ledger.ts'
import type {Turn} from './turn.ts'

/**
 * Takes the lease with the first words in the journal: who runs, which names are ours with which TTL, and what somebody asked
 * for beyond the fleet file. Nothing changes before them.
 */
export async function openRun(
  {ledger, take}: Turn,
  runtime: Runtime,
  fleet: Fleet,
  asks: readonly JournalEvent[],
): Promise<void> {
  const recorded = ledger.recorded()
  const before: JournalEvent[] = []
  if (recorded.digestKey === undefined) before.push(opening(runtime, fleet))
  const names = fleet.names.filter(
    wanted =>
      !recorded.names.some(
        known =>
          known.vendor === wanted.vendor &&
          known.zone === wanted.zone &&
          known.name === wanted.name &&
          known.maxTtlSeconds >= rememberedSeconds(wanted) &&
          (!wanted.discovery || known.discovery?.some(each => isSameDiscovery(each, wanted.discovery))),
      ),
  )
  await take(before, [
    ...(recorded.owners.includes(fleet.dns) ? [] : [{type: 'owner-recorded', dns: fleet.dns} as const]),
    ...names.map(
      ({vendor, zone, name, discovery, ...wanted}): JournalEvent => ({
        type: 'name-published',
        vendor,
        zone,
        name,
        ttlSeconds: rememberedSeconds(wanted),
        ...(discovery && {discovery: {service: discovery.service, instance: discovery.instance}}),
      }),
    ),
    ...asks,
  ])
}

/** The first event of a journal, with a key of its own. */
export const opening = (runtime: Runtime, fleet: Fleet): JournalEvent => ({
  type: 'opened',
  fleet: fleet.name,
  file: fleet.file.slice(fleet.file.lastIndexOf('/') + 1),
  digestKey: `${runtime.id()}${runtime.id()}`.replaceAll('-', ''),
})

/**
 * Whose accounts and zones these are (decision 5), once each is known: one that was silent at first is met later in the run.
 * Which places are silent, from when on (decision 13). And which instances are ours although no launch in the journal made them.
 */
export async function recordSeen(
  ledger: Ledger,
  fleet: Fleet,
  observer: Observer,
  observed: Observed,
): Promise<void> {
  const recorded = ledger.recorded()
  const places = [...observer.accounts.values()].filter(({place: {key}}) => {
    const known = recorded.places.get(key)
    return known === undefined || known.left
  })
  const zones = [...observer.zones].filter(([key]) => !recorded.zones.has(key))
  const others = [
    ...silenceEvents(recorded, observed),
    ...adoptions(fleet, recorded, observed),
    ...endings(recorded, observed),
  ]
  if (places.length + zones.length + others.length === 0) return
  await ledger.append(
    ...places.map(({place, account}) => ({type: 'place-recorded', place, account}) as const),
    ...zones.map(
      ([, {vendor, zone}]) =>
        ({type: 'zone-recorded', vendor, zone: zone.name, id: zone.id, account: zone.account}) as const,
    ),
    ...others,
  )
}

function silenceEvents(recorded: Recorded, {places, names}: Observed): JournalEvent[] {
  // Where nothing at all answers it is this machine that has no network: that says nothing about any cloud.
  const isDeaf = [...places.values(), ...names.values()].every(({readable}) => !readable)
  return [...places].flatMap(([place, {readable}]): JournalEvent[] => {
    const isKnownSilent = recorded.silentSinceMs.has(place)
    if (readable) return isKnownSilent ? [{type: 'place-answered', place}] : []
    return isKnownSilent || isDeaf || !recorded.places.has(place) ? [] : [{type: 'place-silent', place}]
  })
}
