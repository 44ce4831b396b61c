import {expect, test} from 'vitest'
import {expectedOutage, type Outage} from '../../src/dns/outage.ts'
import {parseDuration} from '../../src/duration.ts'
import type {DnsVendor} from '../../src/providers/dns.ts'
import {dnsName, fleet, group, wish} from '../support/fleet-builder.ts'
import {truth} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {lookUp} from './clients.ts'

const TTL_SECONDS = 60
/** What the printed figure allows for the vendor's servers, and what web clients were measured to add themselves. */
const SLOWEST_SERVERS_MS = 60_000
const CLIENTS_ADD_MS = [3_000, 190_000] as const
const NAME = 'www.example.com'
const DETECTED_AFTER_MS = 45_000

const wanted = (vendor: DnsVendor) =>
  fleet([group('virginia', 4, {wish: wish({open: [80]})})], {
    names: [dnsName({vendor, ttlSeconds: TTL_SECONDS})],
  })

/** How one of four goes, and what is said or known of the cost. */
type Going = (sim: SimulatedFleet, vendor: DnsVendor, id: string) => Promise<Outage>

/** `mcd down --instance ID --now`: the figure is the one that is printed. */
const endedNow: Going = async (sim, vendor, id) => {
  const run = await sim.down(wanted(vendor), {instances: [id]}, {now: true})
  expect(run.shortcomings).toEqual([])
  const plans = sim.progress.flatMap(event => (event.kind === 'planned' ? [event.plan] : []))
  const said = plans.at(-1)?.notes.find(({kind}) => kind === 'outage')?.text ?? ''
  const [, least = '', most = ''] = /from (\S+) to (\S+)/.exec(said) ?? []
  return {leastMs: parseDuration(least) ?? 0, mostMs: parseDuration(most) ?? 0}
}

/** The machine dies without a word, and some time later `mcd sync` finds out. */
const diedAndRepaired: Going = async (sim, vendor, id) => {
  const diedAtMs = sim.time.now()
  sim.guests.kill(id)
  await sim.time.advance(DETECTED_AFTER_MS)
  expect((await sim.sync(wanted(vendor))).shortcomings).toEqual([])
  const events = await sim.journal.read(0)
  const removal = events.findLast(({event}) => event.type === 'outcome')
  return expectedOutage({
    ttlSeconds: TTL_SECONDS,
    proxied: false,
    detectionMs: (removal?.atMs ?? 0) - diedAtMs,
    propagationMs: SLOWEST_SERVERS_MS,
  })
}

type Scene = {readonly vendor: DnsVendor; readonly going: Going; readonly dnsServedMs: number}

/**
 * Plays it once, the same each time, beside a client whose resolver asks at this moment: how long the client, who was with
 * the one that goes, is without the service. It goes over to another one so long after its resolver has told it to.
 */
async function play(
  {vendor, going, dnsServedMs}: Scene,
  client?: {readonly asksAtMs: number; readonly addsMs: number},
) {
  const sim = new SimulatedFleet({delays: {dnsServedMs}})
  expect((await sim.up(wanted(vendor))).shortcomings).toEqual([])
  await sim.time.advance(SLOWEST_SERVERS_MS)
  const [victim] = truth(sim, wanted(vendor))
  const id = victim?.id ?? ''
  const address = sim.guests.addressOf(id) ?? ''
  const {clock} = sim.time
  let endedAtMs = Number.POSITIVE_INFINITY
  let forgottenAtMs = Number.POSITIVE_INFINITY
  let toldAtMs = Number.POSITIVE_INFINITY
  const watch = () => {
    if (sim.guests.servedBy(address) !== id) endedAtMs = Math.min(endedAtMs, clock.now())
    if (!lookUp(sim, vendor, NAME).addresses.includes(address))
      forgottenAtMs = Math.min(forgottenAtMs, clock.now())
    if (Math.max(endedAtMs, forgottenAtMs) === Number.POSITIVE_INFINITY) clock.after(EVERY_MS, watch)
  }
  const ask = () => {
    const {addresses, staleAtMs} = lookUp(sim, vendor, NAME)
    if (!addresses.includes(address)) toldAtMs = clock.now()
    else clock.after(staleAtMs - clock.now(), ask)
  }
  watch()
  if (client) clock.after(client.asksAtMs - clock.now(), ask)
  const said = await going(sim, vendor, id)
  await sim.time.advance(10 * SLOWEST_SERVERS_MS)
  return {said, forgottenAtMs, outageMs: Math.max(toldAtMs, endedAtMs) + (client?.addsMs ?? 0) - endedAtMs}
}

const A_MOMENT_MS = 2_000
/** How exactly the end of an instance and of an answer are seen. */
const EVERY_MS = 50

test.each<[how: string, vendor: DnsVendor, going: Going]>([
  ['ends with --now', 'cloudflare', endedNow],
  ['ends with --now', 'route53', endedNow],
  ['dies and is found out by sync', 'cloudflare', diedAndRepaired],
  ['dies and is found out by sync', 'route53', diedAndRepaired],
])('the outage of an instance that %s (%s) is what is said, at both ends', async (how, vendor, going) => {
  const outages: number[] = []
  let said: Outage | undefined
  for (const dnsServedMs of [0, SLOWEST_SERVERS_MS]) {
    const scene = {vendor, going, dnsServedMs}
    const {forgottenAtMs} = await play(scene)
    // Just before the servers follow, and just after.
    for (const asksAtMs of [forgottenAtMs - 2 * EVERY_MS, forgottenAtMs + EVERY_MS])
      for (const addsMs of CLIENTS_ADD_MS) {
        const {said: now, outageMs} = await play(scene, {asksAtMs, addsMs})
        expect(outageMs).toBeGreaterThanOrEqual(now.leastMs)
        expect(outageMs).toBeLessThanOrEqual(now.mostMs)
        outages.push(outageMs)
        said = now
      }
  }
  const leastMs = Math.min(...outages)
  const mostMs = Math.max(...outages)
  process.stdout.write(
    `outage (${vendor}), ${how}: ${leastMs / 1_000} to ${mostMs / 1_000} s measured, ${(said?.leastMs ?? 0) / 1_000} to ${(said?.mostMs ?? 0) / 1_000} s said\n`,
  )
  // An instance that is told to end goes on serving for a moment.
  expect(leastMs - (said?.leastMs ?? 0)).toBeLessThan(A_MOMENT_MS)
  expect((said?.mostMs ?? 0) - mostMs).toBeLessThan(A_MOMENT_MS)
})
