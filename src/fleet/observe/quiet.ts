import PQueue from 'p-queue'
import type {Runtime} from '../../runtime.ts'
import type {Fleet} from '../model.ts'
import type {Connections, Quiet} from '../observed.ts'
import type {CountConnections} from '../outside.ts'
import {addressesOf} from '../plan/dns/address-records.ts'
import type {Probed} from './health.ts'

/** Each look is a login over ssh, or a request. */
const CONCURRENT_LOOKS = 16
/** Into so many parts the looks divide the time in which nobody may be seen; a socket shows for a minute after its connection. */
const PARTS = 6
const LONGEST_BETWEEN_EMPTY_LOOKS_MS = 30_000
/** Somebody who stays for hours is not asked for every few seconds. */
const LONGEST_BETWEEN_LOOKS_MS = 5 * 60_000

type Watch = {
  readonly sinceMs: number
  /** Looks in a row that saw nobody. One that could not be had is none of them, and ends the row. */
  readonly emptyInARow: number
  readonly quiet: Quiet
}

/**
 * Watches the connections of instances that leave, through one run (`drain.quiet`). Nobody may be seen in any look of the
 * time that the file says, at least seven of them; what an earlier run saw does not count, since nobody looked in between.
 */
export function connectionWatch(fleet: Fleet, count: CountConnections, runtime: Runtime) {
  const {drainQuiet, names, service} = fleet
  const wanted = new Set<string>()
  const watches = new Map<string, Watch>()
  const forMs = drainQuiet?.forMs ?? 0
  const everyMs = Math.max(1, Math.min(Math.ceil(forMs / PARTS), LONGEST_BETWEEN_EMPTY_LOOKS_MS))
  const looksNeeded = 1 + Math.ceil(forMs / everyMs)

  async function ask(instance: Probed): Promise<Connections> {
    // IPv4 where there is both, as for its health.
    const [address] = addressesOf(instance, {address: names[0]?.address ?? 'public'})
    if (address === undefined || !drainQuiet) return {why: 'it has no address'}
    return count({address, service, host: fleet.dns, by: drainQuiet.by})
  }

  async function look(instance: Probed): Promise<void> {
    const before = watches.get(instance.id)
    if (before && runtime.now() < before.quiet.lookAgainAtMs) return
    const seen = await ask(instance)
    const atMs = runtime.now()
    const sinceMs = before?.sinceMs ?? atMs
    const isEmpty = 'connections' in seen && seen.connections === 0
    const emptyInARow = isEmpty ? (before?.emptyInARow ?? 0) + 1 : 0
    const patientMs = Math.min(LONGEST_BETWEEN_LOOKS_MS, (atMs - sinceMs) / 10)
    watches.set(instance.id, {
      sinceMs,
      emptyInARow,
      quiet: {
        seen,
        isQuiet: emptyInARow >= looksNeeded,
        lookAgainAtMs: nextStroke(atMs + (isEmpty ? everyMs : Math.max(everyMs, patientMs))),
      },
    })
  }

  /** Instances that left one after the other are asked together all the same: each look of the run is one at everything. */
  const nextStroke = (atMs: number): number => Math.ceil(atMs / everyMs) * everyMs

  return {
    /** Only these are asked from now on: those that the plan waits for. */
    watch(ids: readonly string[]): void {
      for (const id of ids) wanted.add(id)
    },
    isWatched: (id: string): boolean => wanted.has(id),
    /** Asks every watched instance that is due, and returns what is known of all. */
    async look(instances: readonly Probed[]): Promise<ReadonlyMap<string, Quiet>> {
      const here = instances.filter(({id, state}) => state === 'running' && wanted.has(id))
      const queue = new PQueue({concurrency: CONCURRENT_LOOKS})
      await queue.addAll(here.map(instance => () => look(instance)))
      return new Map(
        here.flatMap(({id}) => {
          const watch = watches.get(id)
          return watch ? [[id, watch.quiet] as const] : []
        }),
      )
    },
  }
}
