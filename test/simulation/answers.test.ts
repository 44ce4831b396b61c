import {expect, test} from 'vitest'
import type {DnsName} from '../../src/fleet/model.ts'
import type {Outside} from '../../src/fleet/outside.ts'
import {lookAround} from '../../src/fleet/status/look.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {handInCloudflare} from '../support/hand-in-zone.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const NAME = 'www.example.com'
const SERVED_MS = 20_000

async function serving(over: Partial<DnsName> = {}) {
  const sim = new SimulatedFleet({delays: {dnsServedMs: SERVED_MS}})
  const wanted = fleet([group('virginia', 2)], {names: [dnsName(over)]})
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  await sim.time.advance(600_000)
  const look = async () => (await sim.time.run(() => lookAround(sim.outside(wanted), wanted))).status
  const before = await look()
  expect(before.differences).toEqual([])
  return {sim, wanted, look, before}
}

const answering =
  (over: Partial<Pick<Outside, 'askResolvers' | 'askNameServers'>>) =>
  (outside: Outside): Outside => ({...outside, ...over})

test('while the servers follow a change, status says which answer is old, and then nothing more', async () => {
  const {sim, look} = await serving()
  const added = handInCloudflare(sim).add({type: 'A', name: NAME, content: '203.0.113.7', ttl: 300})
  expect((await look()).differences).toMatchObject([
    {kind: 'lagging-server', name: NAME, text: expect.stringMatching(/does not answer 203\.0\.113\.7 yet$/)},
  ])
  await sim.time.advance(SERVED_MS)
  expect((await look()).differences).toEqual([])
  sim.world.cloudflare.deleteRecord(
    {token: SANDBOX.cloudflare.operatorToken},
    sim.world.cloudflare.zone('example.com')?.id ?? '',
    added.id,
  )
  expect((await look()).differences).toMatchObject([
    {
      kind: 'lagging-server',
      text: expect.stringMatching(/still answers 203\.0\.113\.7, which the zone does not/),
    },
  ])
})

test('a resolver that still holds what a run removed is told with that run, and is no difference before its TTL has passed', async () => {
  const {sim, wanted, look, before} = await serving()
  const [gone] = before.instances
  await sim.down(wanted, {instances: [gone?.id ?? '']})
  const nameServers = sim.world.cloudflare.zone('example.com')?.nameServers ?? []
  const told: Record<string, readonly string[]> = {A: [gone?.publicIp ?? ''], NS: nameServers}
  const server = '192.0.2.53'
  sim.wrapOutside = answering({
    askResolvers: async (_name, type) => [
      {server, records: (told[type] ?? []).map(value => ({value, ttlSeconds: 17}))},
    ],
  })
  const soon = await look()
  expect(soon.differences.map(({kind}) => kind)).toEqual(['missing-instance'])
  expect(soon.names[0]?.answers?.resolvers).toMatchObject([
    {
      server,
      remark: expect.stringMatching(/^192\.0\.2\.53 may hold \S+, which run \S+ removed \d+ s ago, until/),
    },
  ])
  await sim.time.advance(600_000)
  expect((await look()).differences).toMatchObject([
    {kind: 'missing-instance'},
    {kind: 'stale-resolver', server},
  ])
})

test('a proxied name is judged by its zone alone: nobody is asked what it answers', async () => {
  const {sim, look} = await serving({proxied: true})
  const asked: string[] = []
  const ask = async (...question: readonly unknown[]) => {
    asked.push(question.join(' '))
    return []
  }
  sim.wrapOutside = answering({askResolvers: ask, askNameServers: ask})
  const {names, differences} = await look()
  expect([differences, names[0]?.answers, asked]).toEqual([[], undefined, []])
})
