import type {Fleet} from '../../src/fleet/model.ts'
import type {SimulatedFleet} from './simulated-fleet.ts'

const EVERY_MS = 1_000

/**
 * Looks at what the name servers answer, every second of the world's time, and notes what law 5 forbids: an instance told
 * to end while a resolver that honours the TTL may still answer with it, and a name that served and serves nobody.
 */
export function watchDns(
  sim: SimulatedFleet,
  {names}: Pick<Fleet, 'names'>,
): {early: string[]; fewest(): number} {
  const early: string[] = []
  /** By address: until when a resolver that asked a moment ago answers with it. */
  const rememberedUntilMs = new Map<string, number>()
  let fewest: number | undefined
  const look = () => {
    let most = 0
    for (const {vendor, name} of names) {
      const ours = sim.world[vendor]
        .answer(name, 'A')
        .answers.filter(({data}) => String(data).startsWith('198.18.'))
      most = Math.max(most, ours.length)
      for (const {data, ttlSeconds} of ours) {
        const untilMs = sim.time.now() + ttlSeconds * 1_000
        rememberedUntilMs.set(String(data), Math.max(untilMs, rememberedUntilMs.get(String(data)) ?? 0))
      }
    }
    if (most > 0 || fewest !== undefined) fewest = Math.min(fewest ?? most, most)
    sim.time.clock.after(EVERY_MS, look)
  }
  look()
  const shutdown = sim.guests.shutdown.bind(sim.guests)
  sim.guests.shutdown = (id, down) => {
    const address = sim.guests.addressOf(id)
    const earlyMs = (rememberedUntilMs.get(address ?? '') ?? 0) - sim.time.now()
    if (earlyMs > 0) early.push(`${id} ended ${earlyMs / 1_000} s before ${address} was forgotten`)
    rememberedUntilMs.delete(address ?? '')
    shutdown(id, down)
  }
  return {early, fewest: () => fewest ?? 0}
}
