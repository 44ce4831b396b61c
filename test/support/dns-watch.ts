import type {Fleet} from '../../src/fleet/model.ts'
import type {DnsVendor} from '../../src/providers/dns.ts'
import type {DnsRecord} from '../../src/sandbox/world/dns-answer.ts'
import type {SimulatedFleet} from './simulated-fleet.ts'

export type DnsWatch = {
  /** Who was told to end while a resolver that honours the TTL could still answer with its address. */
  readonly early: string[]
  /** Ids that anybody else may end whenever they like. */
  readonly excused: Set<string>
  /** The fewest addresses that answered at once, since the first one did: 0 is a name that served and serves nobody. */
  fewest(): number
  /** For how long, at the most, a resolver goes on answering with an address that it knows by now. */
  longestMemoryMs(): number
  /** The fewest are counted from now on. */
  reset(): void
}

/**
 * Notes what law 5 forbids. What the name servers answer changes only by what a zone publishes, so it is looked at right
 * before and after each of these moments.
 */
export function watchDns(sim: SimulatedFleet, {names}: Pick<Fleet, 'names'>): DnsWatch {
  const early: string[] = []
  const excused = new Set<string>()
  /** By the id of who has the address: until when a resolver that asked a moment ago answers with it. */
  const rememberedUntilMs = new Map<string, number>()
  let fewest: number | undefined
  const look = () => {
    let most = 0
    for (const {vendor, name} of names) {
      const ours = answersOf(sim, vendor, name).filter(({data}) => String(data).startsWith('198.18.'))
      most = Math.max(most, ours.length)
      for (const {data, ttlSeconds} of ours) {
        const id = sim.guests.holderOf(String(data))
        if (id === undefined) continue
        const untilMs = sim.time.now() + ttlSeconds * 1_000
        rememberedUntilMs.set(id, Math.max(untilMs, rememberedUntilMs.get(id) ?? 0))
      }
    }
    if (most > 0 || fewest !== undefined) fewest = Math.min(fewest ?? most, most)
  }
  const follow = (served: {publish(change: never, atMs: number): unknown} | undefined) => {
    if (!served) return
    const publish = served.publish.bind(served)
    served.publish = (change, atMs) => {
      look()
      const result = publish(change, atMs)
      const inMs = Math.max(0, atMs - sim.time.now())
      if (inMs > 0) sim.time.clock.after(inMs - 1, look)
      sim.time.clock.after(inMs, look)
      return result
    }
  }
  for (const vendor of ['cloudflare', 'route53'] as const) {
    const zones = new Set(names.filter(name => name.vendor === vendor).map(({zone}) => zone))
    for (const zone of zones) follow(sim.world[vendor].zone(zone)?.served)
  }
  look()
  const shutdown = sim.guests.shutdown.bind(sim.guests)
  sim.guests.shutdown = (id, down) => {
    look()
    const address = sim.guests.addressOf(id) ?? ''
    // The cloud was told this long ago.
    const toldAtMs = sim.time.now() - sim.world.delays.shutdownMs
    const earlyMs = (rememberedUntilMs.get(id) ?? 0) - toldAtMs
    if (earlyMs > 0 && !excused.has(id))
      early.push(`${id} ended ${earlyMs / 1_000} s before ${address} was forgotten`)
    rememberedUntilMs.delete(id)
    shutdown(id, down)
  }
  return {
    early,
    excused,
    fewest: () => fewest ?? 0,
    longestMemoryMs: () =>
      Math.max(0, ...[...rememberedUntilMs.values()].map(untilMs => untilMs - sim.time.now())),
    reset() {
      fewest = undefined
      look()
    },
  }
}

/** Weighted sets are answered one at a time: so many chances bring all of them to light, where each weighs the same. */
const CHANCES = 8

function answersOf(sim: SimulatedFleet, vendor: DnsVendor, name: string): readonly DnsRecord[] {
  const {answers} = sim.world[vendor].answer(name, 'A')
  if (vendor === 'cloudflare' || answers.length !== 1) return answers
  const zone = sim.world.route53.zone(name.slice(name.indexOf('.') + 1)) ?? sim.world.route53.zone(name)
  const seen = Array.from({length: CHANCES}, (_, chance) => {
    const random = () => (chance + 0.5) / CHANCES
    return zone?.served.answer(`${name}.`, 'A', sim.time.now(), random).answers ?? []
  }).flat()
  return [...new Map(seen.map(record => [String(record.data), record])).values()]
}
