import type {Runtime} from '../runtime.ts'
import type {Ledger} from './ledger.ts'
import type {Fleet} from './model.ts'
import type {Observer} from './observe.ts'
import type {RunOptions} from './reconcile.ts'

/** First words in the journal: who runs, and which names are ours with which TTL. Nothing changes before them. */
export async function openRun(
  ledger: Ledger,
  runtime: Runtime,
  fleet: Fleet,
  {command, identity}: RunOptions,
): Promise<void> {
  const recorded = ledger.recorded()
  if (recorded.digestKey === undefined) {
    const digestKey = `${runtime.id()}${runtime.id()}`.replaceAll('-', '')
    await ledger.append({
      type: 'opened',
      fleet: fleet.name,
      file: fleet.file.slice(fleet.file.lastIndexOf('/') + 1),
      digestKey,
    })
  }
  await ledger.append({type: 'run-started', command, ...identity})
  if (!recorded.owners.includes(fleet.dns)) await ledger.append({type: 'owner-recorded', dns: fleet.dns})
  const names = fleet.names.filter(
    ({vendor, zone, name, ttlSeconds}) =>
      !recorded.names.some(
        known =>
          known.vendor === vendor &&
          known.zone === zone &&
          known.name === name &&
          known.maxTtlSeconds >= ttlSeconds,
      ),
  )
  if (names.length === 0) return
  await ledger.append(
    ...names.map(
      ({vendor, zone, name, ttlSeconds}) =>
        ({type: 'name-published', vendor, zone, name, ttlSeconds}) as const,
    ),
  )
}

/** Whose accounts and zones these are (decision 5), once each is known: one that was silent at first is met later in the run. */
export async function recordPlaces(ledger: Ledger, observer: Observer): Promise<void> {
  const recorded = ledger.recorded()
  const places = [...observer.accounts.values()].filter(({place: {key}}) => {
    const known = recorded.places.get(key)
    return known === undefined || known.left
  })
  const zones = [...observer.zones].filter(([key]) => !recorded.zones.has(key))
  if (places.length + zones.length === 0) return
  await ledger.append(
    ...places.map(({place, account}) => ({type: 'place-recorded', place, account}) as const),
    ...zones.map(
      ([, {vendor, zone}]) =>
        ({type: 'zone-recorded', vendor, zone: zone.name, id: zone.id, account: zone.account}) as const,
    ),
  )
}
