import type {Fleet} from '../../src/fleet/model.ts'
import type {SimulatedFleet} from './simulated-fleet.ts'

const EVERY_MS = 1_000

/**
 * Looks at what the name servers answer, every second of the world's time, and notes what law 5 forbids: an instance told
 * to end while a resolver that honours the TTL may still answer with it, and a name that served and serves nobody.
 */
export function watchDns(sim: SimulatedFleet, {names}: Fleet): {early: string[]; fewest(): number} {
  const early: string[] = []
  const lastSeenMs = new Map<string, number>()
  let fewest: number | undefined
  const ttlMs = Math.max(...names.map(({ttlSeconds}) => ttlSeconds)) * 1000
  const look = () => {
    let most = 0
    for (const {vendor, name} of names) {
      const ours = sim.world[vendor]
        .answer(name, 'A')
        .answers.map(({data}) => String(data))
        .filter(address => address.startsWith('198.18.'))
      most = Math.max(most, ours.length)
      for (const address of ours) lastSeenMs.set(address, sim.time.now())
    }
    if (most > 0 || fewest !== undefined) fewest = Math.min(fewest ?? most, most)
    sim.time.clock.after(EVERY_MS, look)
  }
  look()
  const shutdown = sim.guests.shutdown.bind(sim.guests)
  sim.guests.shutdown = (id, down) => {
    const address = sim.guests.addressOf(id)
    const seenMs = address === undefined ? undefined : lastSeenMs.get(address)
    if (seenMs !== undefined && sim.time.now() - seenMs < ttlMs)
      early.push(`${id} ended ${(sim.time.now() - seenMs) / 1000} s after ${address} was last answered`)
    if (address !== undefined) lastSeenMs.delete(address)
    shutdown(id, down)
  }
  return {early, fewest: () => fewest ?? 0}
}
