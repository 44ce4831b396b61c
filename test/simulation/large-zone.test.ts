import {expect, test} from 'vitest'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import {lookAround} from '../../src/fleet/status/look.ts'
import type {DnsProvider} from '../../src/providers/dns.ts'
import type {CloudflareRecord} from '../../src/sandbox/world/cloudflare/record.ts'
import type {RecordSet} from '../../src/sandbox/world/route53/record-set.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const COUNT = 10_000
/** The most that Route53 gives at once. */
const PAGE = 300
const DISCOVERY = {service: '_http._tcp', instance: 'v1', txt: ['path=/']}

const of = (name: Partial<DnsName>): Fleet => fleet([group('virginia', 2)], {names: [dnsName(name)]})

/** Somebody else's: half of it lies between the fleet's name and its holds, where a listing by order comes through. */
const strangers = (): string[] =>
  Array.from({length: COUNT}, (_, index) =>
    index % 2 === 0 ? `n${index}.example.com` : `${index}.www.example.com`,
  )

function fill(sim: SimulatedFleet): void {
  const {route53, cloudflare} = sim.world
  const sets = route53.zone('example.com')?.sets as Map<string, readonly RecordSet[]>
  const records = cloudflare.zone('example.com')?.records as Map<string, CloudflareRecord>
  const [model] = [...records.values()]
  for (const name of strangers()) {
    const vendorName = `${name}.`
    sets.set(vendorName, [{name: vendorName, type: 'A', ttlSeconds: 300, values: ['203.0.113.1']}])
    if (model) records.set(name, {...model, id: name, name, comment: null})
  }
}

/** What one status asks of a vendor: each listing by where it begins, and how much it brings; and what the adapter keeps of it. */
async function statusCalls(wanted: Fleet) {
  const sim = new SimulatedFleet()
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  fill(sim)
  const pages: {from: string; items: number}[] = []
  const {route53, cloudflare} = sim.world
  const [listSets, listRecords] = [route53.listRecordSets, cloudflare.listRecords]
  route53.listRecordSets = (principal, zone, query) => {
    const page = listSets.call(route53, principal, zone, query)
    pages.push({from: JSON.stringify(query), items: page.sets.length})
    return page
  }
  cloudflare.listRecords = (session, zone, params) => {
    const page = listRecords.call(cloudflare, session, zone, params)
    pages.push({from: String(params), items: page.items.length})
    return page
  }
  let kept = 0
  sim.wrapDns = (provider: DnsProvider) => ({
    ...provider,
    listMembers: async (...asked) => {
      const members = await provider.listMembers(...asked)
      kept += members.length
      return members
    },
  })
  const {status} = await sim.time.run(() => lookAround(sim.outside(wanted), wanted))
  expect(status.differences).toEqual([])
  expect(status.dns.records).toHaveLength(2)
  expect(new Set(pages.map(({from}) => from)).size).toBe(pages.length)
  return {calls: pages.length, most: Math.max(...pages.map(({items}) => items)), kept}
}

test.each([
  // The name, and its holds.
  ['cloudflare', of({}), {calls: 2, most: 2, kept: 2}],
  // The zone's servers; the name with a page of what follows it, and its holds: what lies between is passed over.
  ['route53', of({vendor: 'route53'}), {calls: 3, most: PAGE, kept: 2}],
  // Beside these the service, with what is written near it and about it, and the instances' hosts.
  ['route53 with discovery', of({vendor: 'route53', discovery: DISCOVERY}), {calls: 5, most: PAGE, kept: 13}],
])('of ten thousand records status reads its own names, once: %s', async (_vendor, wanted, expected) => {
  expect(await statusCalls(wanted)).toEqual(expected)
})
