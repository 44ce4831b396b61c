import {describe, expect, test} from 'vitest'
import {EXIT, InterruptedError, UsageError} from '../../src/errors.ts'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import type {Outside, ProbeTarget} from '../../src/fleet/outside.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {SyncNews} from '../../src/fleet/watch-sync.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {syncLines} from '../../src/output/sync-text.ts'
import type {Member} from '../../src/providers/dns.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {watchDns} from '../support/dns-watch.ts'
import {dnsName, EAST, fleet, group, wish} from '../support/fleet-builder.ts'
import {expectExactly, expectSoundJournal, plantForeign, truth} from '../support/laws.ts'
import {type RunSettings, SimulatedFleet} from '../support/simulated-fleet.ts'

const HOUR_MS = 3_600_000
/** Longer than any boot takes: `up` gives those that boot their time. */
const LATER_MS = 10 * 60_000

const of = (virginia: number, east: number, name: Partial<DnsName> = {}): Fleet =>
  fleet(
    [
      group('virginia', virginia, {wish: wish({open: [80]})}),
      group('east', east, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
    ],
    {names: [dnsName(name)]},
  )

/** A fleet that serves, and the ids of its instances by group. */
async function serving(virginia: number, east: number, name: Partial<DnsName> = {}) {
  const sim = new SimulatedFleet()
  sim.guests.repairEveryMs = 60_000
  const wanted = of(virginia, east, name)
  expect((await sim.up(wanted)).shortcomings).toEqual([])
  const ids = (its: string) =>
    truth(sim, wanted)
      .filter(({group: where}) => where === its)
      .map(({id}) => id)
      .sort()
  return {sim, wanted, virginia: ids('virginia'), east: ids('east')}
}

const addresses = async (sim: SimulatedFleet, wanted: Fleet): Promise<Member[]> =>
  (await sim.members(wanted)).filter(({type}) => type === 'A')
const inDns = async (sim: SimulatedFleet, wanted: Fleet): Promise<string[]> =>
  (await addresses(sim, wanted)).map(({mark}) => mark?.instance ?? '').sort()
const holds = async (sim: SimulatedFleet, wanted: Fleet): Promise<string[]> =>
  (await sim.members(wanted)).filter(({type}) => type === 'TXT').map(({value}) => value)
const texts = ({shortcomings}: RunResult) => shortcomings.map(({text}) => text)
const did = ({actions}: RunResult) => actions.map(({kind}) => kind)

/** What the prober meets instead of the guests; undefined: what they answer. */
type Answer = Awaited<ReturnType<Outside['probe']>>
const probed = (sim: SimulatedFleet, answer: (target: ProbeTarget) => Answer | undefined) => {
  sim.wrapOutside = outside => ({
    ...outside,
    probe: async target => answer(target) ?? outside.probe(target),
  })
}
const NO_ROUTE: Answer = {ok: false, why: 'no route to host'}
const ERROR: Answer = {ok: false, why: 'HTTP 500', answered: true}

describe.each([
  ['cloudflare', 'mcd'],
  ['cloudflare', 'self'],
  ['route53', 'mcd'],
  ['route53', 'self'],
] as const)('with %s, registration: %s', (vendor, registration) => {
  const name = {vendor, registration}

  test('one that hangs leaves DNS and comes back once it is well, and nobody else is touched', async () => {
    const {sim, wanted, virginia, east} = await serving(2, 1, name)
    const [sick = '', other = ''] = virginia
    const before = await addresses(sim, wanted)
    sim.guests.setServing(sick, false)

    const out = await sim.sync(wanted)
    expect(texts(out)).toEqual([])
    expect(await inDns(sim, wanted)).toEqual([other, ...east].sort())
    expect(await holds(sim, wanted)).toEqual(registration === 'self' ? [`out ${sick}`] : [])
    expect(did(await sim.sync(wanted))).toEqual([])

    sim.guests.setServing(sick, true)
    expect(texts(await sim.sync(wanted))).toEqual([])
    expect(await holds(sim, wanted)).toEqual([])
    const after = await addresses(sim, wanted)
    expect(after.map(({value}) => value).sort()).toEqual(before.map(({value}) => value).sort())
    const others = (members: Member[]) => members.filter(({mark}) => mark?.instance !== sick)
    expect(others(after)).toEqual(others(before))
    await expectExactly(sim, wanted)
  })

  test('up does the same once nobody can take it for a boot, and ends nobody for it', async () => {
    const {sim, wanted, virginia, east} = await serving(2, 1, name)
    const [sick = '', other = ''] = virginia
    sim.guests.setServing(sick, false)
    await sim.time.advance(LATER_MS)
    const up = await sim.up(wanted)
    expect(texts(up)[0]).toContain(`${sick} in group virginia no longer answers its health check`)
    expect(await inDns(sim, wanted)).toEqual([other, ...east].sort())
    sim.guests.setServing(sick, true)
    expect(texts(await sim.up(wanted))).toEqual([])
    await expectExactly(sim, wanted)
  })
})

test('a script that repairs respects the hold for as long as mcd finds its instance unhealthy', async () => {
  const {sim, wanted, virginia} = await serving(3, 0, {registration: 'self'})
  const [cut = '', ...others] = virginia
  const address = sim.guests.addressOf(cut)
  // Healthy to itself: only from outside it cannot be reached.
  probed(sim, target => (target.address === address ? NO_ROUTE : undefined))
  await sim.sync(wanted)
  await sim.time.advance(HOUR_MS)
  expect(await inDns(sim, wanted)).toEqual(others)
})

test('one that answers now and then keeps its place, in DNS or out of it', async () => {
  const {sim, wanted, virginia} = await serving(3, 0)
  const [flapping = '', ...others] = virginia
  const address = sim.guests.addressOf(flapping)
  let probes = 0
  const flap = (target: ProbeTarget) =>
    target.address === address && probes++ % 2 === 0 ? NO_ROUTE : undefined
  probed(sim, flap)
  for (let round = 0; round < 4; round++) expect(did(await sim.sync(wanted))).toEqual([])
  expect(await inDns(sim, wanted)).toEqual(virginia)

  probed(sim, target => (target.address === address ? NO_ROUTE : undefined))
  await sim.sync(wanted)
  expect(await inDns(sim, wanted)).toEqual(others)
  probed(sim, flap)
  for (let round = 0; round < 4; round++) expect(did(await sim.sync(wanted))).toEqual([])
  expect(await inDns(sim, wanted)).toEqual(others)
})

test('up takes one that has served out of DNS as soon as it fails, however young, and waits for those that boot', async () => {
  const {sim, wanted, virginia} = await serving(2, 1, {registration: 'self'})
  const [sick = ''] = virginia
  sim.guests.setServing(sick, false)
  const run = await sim.up(wanted, {timeoutMs: 60_000})
  expect(run.shortcomings.map(({kind, instance}) => [kind, instance])).toEqual([['unhealthy', sick]])
  expect(await inDns(sim, wanted)).not.toContain(sick)
  sim.guests.setServing(sick, true)
  // It registers itself between two probes, and has failed the ones before.
  sim.guests.servesAfterMs = () => 22_500
  const watch = watchDns(sim, wanted)
  expect(texts(await sim.up(of(4, 1, {registration: 'self'})))).toEqual([])
  expect(watch.fewest()).toBeGreaterThan(1)
  expect(await holds(sim, wanted)).toEqual([])
})

test('a prober that is cut off changes nothing, whatever is allowed', async () => {
  const {sim, wanted, virginia, east} = await serving(2, 2)
  probed(sim, () => NO_ROUTE)
  const run = await sim.sync(wanted, {allowEmpty: true, allowShrink: true})
  expect([run.exit, did(run)]).toEqual([EXIT.partly, []])
  expect(texts(run)).toEqual([expect.stringMatching(/^No instance on any cloud answers from here/)])
  expect(await inDns(sim, wanted)).toEqual([...virginia, ...east].sort())
})

test('where all answer with errors the last ones stay, unless a person says otherwise', async () => {
  const {sim, wanted, virginia, east} = await serving(2, 2)
  const watch = watchDns(sim, wanted)
  probed(sim, () => ERROR)
  const run = await sim.sync(wanted, {allowShrink: true})
  expect([run.exit, did(run)]).toEqual([EXIT.partly, []])
  expect(texts(run)).toEqual([
    expect.stringMatching(/^Every address of www\.example\.com is one that does not answer its health check/),
  ])
  expect(await inDns(sim, wanted)).toEqual([...virginia, ...east].sort())
  expect(watch.fewest()).toBe(4)
  await sim.sync(wanted, {allowShrink: true, allowEmpty: true})
  expect(await inDns(sim, wanted)).toEqual([])
})

test('one that is stopped is nobody who would be left: the others stay until one that is well is in', async () => {
  const {sim, wanted, virginia} = await serving(3, 0)
  const [sick = '', stopped = '', well = ''] = virginia
  const dns = watchDns(sim, wanted)
  sim.guests.setServing(well, false)
  await sim.sync(wanted)
  sim.guests.setServing(sick, false)
  const region = sim.world.ec2.region('us-east-1').name
  sim.world.ec2.call({principal: {name: 'operator'}, region}, 'StopInstances', {instanceIds: [stopped]})
  await sim.time.advance(60_000)
  const alone = await sim.sync(wanted, {allowShrink: true})
  expect(texts(alone)).toEqual([expect.stringMatching(/^Every address of www\.example\.com is one that/)])
  expect(await inDns(sim, wanted)).toEqual([sick])
  sim.guests.setServing(well, true)
  expect(texts(await sim.sync(wanted, {allowShrink: true}))).toEqual([])
  expect(await inDns(sim, wanted)).toEqual([well])
  expect(dns.fewest()).toBeGreaterThan(0)
})

test('the last one stays in each vendor, where they hold different ones', async () => {
  const names = [dnsName(), dnsName({vendor: 'route53'})]
  const sim = new SimulatedFleet()
  const wanted = fleet([group('virginia', 2, {wish: wish({open: [80]})})], {names})
  await sim.up(wanted)
  const [one, other] = truth(sim, wanted)
  const {cloudflare, route53} = sim.world
  const zone = cloudflare.zone('example.com')
  for (const {id, content} of zone?.records.values() ?? [])
    if (content === one?.address)
      cloudflare.deleteRecord({token: SANDBOX.cloudflare.operatorToken}, zone?.id ?? '', id)
  const [name, type, ttlSeconds] = ['www.example.com.', 'A', 60]
  const [setIdentifier, values] = [`mcd:v1:web:${other?.id}`, [other?.address ?? '']]
  route53.changeRecordSets({name: 'operator'}, route53.zone('example.com')?.id ?? '', [
    {
      action: 'DELETE',
      recordSet: {name, type, ttlSeconds, setIdentifier, multiValueAnswer: true, values},
    },
  ])
  probed(sim, () => ERROR)
  const run = await sim.sync(wanted, {allowShrink: true})
  expect([run.exit, did(run)]).toEqual([EXIT.partly, []])
})

test("strangers' addresses are left to a name whose own all fail", async () => {
  const {sim, wanted, virginia} = await serving(2, 0)
  const foreign = await plantForeign(sim, wanted)
  const picture = await foreign()
  probed(sim, () => ERROR)
  expect(texts(await sim.sync(wanted, {allowShrink: true}))).toEqual([])
  expect(await foreign()).toEqual(picture)
  expect(await inDns(sim, wanted)).not.toEqual(expect.arrayContaining(virginia))
})

test('they count as well where the set that all share has a companion', async () => {
  const {sim, wanted, virginia} = await serving(1, 0, {vendor: 'route53', routing: 'simple'})
  const {route53} = sim.world
  const [own] = await addresses(sim, wanted)
  const [name, type, ttlSeconds] = ['www.example.com.', 'A', 60]
  const values = [own?.value ?? '', '203.0.113.9']
  route53.changeRecordSets({name: 'operator'}, route53.zone('example.com')?.id ?? '', [
    {action: 'UPSERT', recordSet: {name, type, ttlSeconds, values}},
  ])
  await sim.sync(wanted, {request: {kind: 'drain', instances: virginia, until: 'removed'}})
  expect((await addresses(sim, wanted)).map(({value}) => value)).toEqual(['203.0.113.9'])
})

test('what is behind a silent cloud stays, and the other one is seen to', async () => {
  const {sim, wanted, virginia, east} = await serving(2, 3)
  const [sick = '', ...others] = east
  for (const id of [sick, ...virginia]) sim.guests.setServing(id, false)
  sim.world.calls.plan.add({target: 'aws', kind: 'outage', ms: HOUR_MS})
  const run = await sim.sync(wanted)
  expect(run.exit).toBe(EXIT.partly)
  expect(texts(run)).toEqual([expect.stringContaining('What is there stays as it is.')])
  expect(await inDns(sim, wanted)).toEqual([...virginia, ...others].sort())
})

test('who is gone leaves DNS and is not replaced; what else the file wants is left to up', async () => {
  const {sim, wanted, virginia, east} = await serving(3, 1)
  const [gone = '', ...others] = virginia
  const region = sim.world.ec2.region('us-east-1').name
  sim.world.ec2.call({principal: {name: 'operator'}, region}, 'TerminateInstances', {instanceIds: [gone]})
  await sim.time.advance(60_000)
  const run = await sim.sync(of(5, 0))
  expect([texts(run), did(run)]).toEqual([[], ['deregister']])
  expect(await inDns(sim, wanted)).toEqual([...others, ...east].sort())
  expect(truth(sim, wanted)).toHaveLength(3)
  await sim.up(wanted)
  await expectExactly(sim, wanted)
})

test.each(['cloudflare', 'route53'] as const)(
  'that the servers of %s have followed is written down: whoever ends one that sync took out waits for nothing anew',
  async vendor => {
    const {sim, wanted, virginia} = await serving(3, 0, {vendor})
    const [sick = ''] = virginia
    const watch = watchDns(sim, wanted)
    sim.guests.setServing(sick, false)
    expect(texts(await sim.sync(wanted))).toEqual([])
    const {heldOut} = await readRecorded(sim.journal)
    const zones = [...(heldOut.get(sick)?.zones.values() ?? [])]
    expect(zones.map(({servedAtMs}) => servedAtMs !== undefined)).toEqual([true])
    await sim.time.advance(HOUR_MS)
    const startMs = sim.time.now()
    expect(texts(await sim.down(wanted, {instances: [sick]}))).toEqual([])
    expect(sim.time.now() - startMs).toBeLessThan(30_000)
    expect(watch.early).toEqual([])
  },
)

test('a sync goes on where the servers never follow, and has said all it can', async () => {
  const {sim, wanted, virginia} = await serving(3, 0, {vendor: 'route53'})
  sim.wrapDns = provider => ({...provider, removalServed: async () => false})
  sim.guests.setServing(virginia[0] ?? '', false)
  const startMs = sim.time.now()
  expect(texts(await sim.sync(wanted))).toEqual([])
  expect(sim.time.now() - startMs).toBeLessThan(120_000)
})

test('a record that somebody took away or edited is put right, at once', async () => {
  const {sim, wanted, virginia} = await serving(2, 0)
  const {cloudflare} = sim.world
  const zone = cloudflare.zone('example.com')
  const [first, second] = [...(zone?.records.keys() ?? [])]
  const session = {token: SANDBOX.cloudflare.operatorToken}
  cloudflare.deleteRecord(session, zone?.id ?? '', first ?? '')
  cloudflare.patchRecord(session, zone?.id ?? '', second ?? '', {ttl: 300})
  const startedAtMs = sim.time.now()
  expect(texts(await sim.sync(wanted))).toEqual([])
  expect(sim.time.now() - startedAtMs).toBeLessThan(10_000)
  expect((await addresses(sim, wanted)).map(({ttlSeconds}) => ttlSeconds)).toEqual([60, 60])
  expect(await inDns(sim, wanted)).toEqual(virginia)
})

test('more than half of a name is refused before anything is changed', async () => {
  const {sim, wanted, virginia} = await serving(5, 0)
  for (const id of virginia.slice(0, 3)) sim.guests.setServing(id, false)
  const {nextSequence} = await readRecorded(sim.journal)
  const refusal = await sim.sync(wanted).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(UsageError)
  expect(String(refusal)).toContain("3 of the fleet's 5 addresses out of www.example.com in one run")
  expect((await readRecorded(sim.journal)).nextSequence).toBe(nextSequence)
  expect(await inDns(sim, wanted)).toEqual(virginia)
  await sim.sync(wanted, {allowShrink: true})
  expect(await inDns(sim, wanted)).toEqual(virginia.slice(3))
})

test('more than half is counted from the beginning of the run: bit by bit is no less', async () => {
  const {sim, wanted, virginia} = await serving(6, 0)
  const [drained = '', first = '', second = '', third = '', ...others] = virginia
  for (const id of [first, second]) sim.guests.setServing(id, false)
  sim.time.clock.after(20_000, () => sim.guests.setServing(third, false))
  const drain = sim.sync(wanted, {request: {kind: 'drain', until: 'forgotten', instances: [drained]}})
  await expect(drain).rejects.toThrow(/3 of the fleet's 5 addresses/)
  expect(await inDns(sim, wanted)).toEqual([third, ...others])
  await expectSoundJournal(sim)
})

test('a drain takes whom it names, and of the others no more than half', async () => {
  const {sim, wanted, virginia} = await serving(5, 0)
  const [drained = '', ...others] = virginia
  for (const id of others.slice(0, 3)) sim.guests.setServing(id, false)
  const drain = (instances: readonly string[]) =>
    sim.sync(wanted, {request: {kind: 'drain', until: 'removed', instances}})
  await expect(drain([drained])).rejects.toThrow(/3 of the fleet's 4 addresses/)
  expect(await inDns(sim, wanted)).toEqual(virginia)
  for (const id of others) sim.guests.setServing(id, true)
  expect(texts(await drain(virginia.slice(0, 4)))).toEqual([])
  expect(await inDns(sim, wanted)).toEqual(virginia.slice(4))
})

test('half of a name may leave, and those that the cloud shows as ended count', async () => {
  const {sim, wanted, virginia} = await serving(4, 0)
  const [first = '', second = '', third = '', last = ''] = virginia
  const region = sim.world.ec2.region('us-east-1').name
  sim.world.ec2.call({principal: {name: 'operator'}, region}, 'TerminateInstances', {
    instanceIds: [first, second],
  })
  await sim.time.advance(60_000)
  sim.guests.setServing(third, false)
  await expect(sim.sync(wanted)).rejects.toThrow(/3 of the fleet's 4 addresses/)
  sim.guests.setServing(third, true)
  await sim.sync(wanted)
  expect(await inDns(sim, wanted)).toEqual([third, last].sort())
})

describe('--watch', () => {
  /** A watch that goes on while others work, and what it says. */
  function watching(sim: SimulatedFleet, wanted: Fleet, settings: RunSettings = {}) {
    const end = new AbortController()
    const news: SyncNews[] = []
    const over = sim.watch(wanted, each => void news.push(each), {signal: end.signal, ...settings})
    return {
      lines: () => news.flatMap(syncLines).map(line => line.slice('2026-01-01 00:00:00 UTC  '.length)),
      async end() {
        end.abort(new InterruptedError())
        await sim.time.run(() => over)
      },
    }
  }

  test('says a line for each change, with the reason, and nothing where nothing changes', async () => {
    const {sim, wanted, virginia} = await serving(3, 0)
    const [sick = ''] = virginia
    const address = sim.guests.addressOf(sick)
    const {nextSequence} = await readRecorded(sim.journal)
    const watch = watching(sim, wanted)
    await sim.time.advance(10 * 60_000)
    expect(watch.lines()).toEqual([])
    expect((await readRecorded(sim.journal)).nextSequence).toBe(nextSequence)

    sim.guests.setServing(sick, false)
    await sim.time.advance(2 * 60_000)
    sim.guests.setServing(sick, true)
    await sim.time.advance(2 * 60_000)
    await watch.end()
    expect(watch.lines()).toEqual([
      `- www.example.com A ${address} (${sick}): does not answer the health check: HTTP 503 from ${address}:80`,
      `+ www.example.com A ${address} (${sick}): healthy and not in DNS yet`,
    ])
    await expectExactly(sim, wanted)
  })

  test('a guard that refuses is a line and not the end; so is a cloud that says nothing', async () => {
    const {sim, wanted, virginia} = await serving(3, 0)
    const watch = watching(sim, wanted)
    for (const id of virginia.slice(1)) sim.guests.setServing(id, false)
    await sim.time.advance(3 * 60_000)
    sim.world.calls.plan.add({target: 'aws', kind: 'outage', ms: HOUR_MS})
    await sim.time.advance(3 * 60_000)
    sim.world.calls.plan.clear()
    for (const id of virginia) sim.guests.setServing(id, true)
    await sim.time.advance(3 * 60_000)
    await watch.end()
    expect(watch.lines()).toEqual([
      expect.stringMatching(/^! This would take 2 of the fleet's 3 addresses out of www\.example\.com/),
      expect.stringMatching(/^! aws:us-east-1 could not be read/),
      '✓ nothing is wrong any more',
    ])
    expect(await inDns(sim, wanted)).toEqual(virginia)
  })

  test('beside another watch and beside up it keeps the laws, and says once that it waits', async () => {
    const {sim, wanted, virginia} = await serving(3, 1, {registration: 'self'})
    const [sick = ''] = virginia
    const dns = watchDns(sim, wanted)
    const first = watching(sim, wanted)
    const second = watching(sim, wanted, {host: 'elsewhere'})
    sim.guests.servesAfterMs = () => 40_000
    sim.guests.setServing(sick, false)
    const grown = of(4, 2, {registration: 'self'})
    const up = sim.time.run(() => sim.start(grown, {kind: 'up'}, {wait: true}))
    const run = await up
    sim.guests.setServing(sick, true)
    await sim.time.advance(5 * 60_000)
    await first.end()
    await second.end()
    expect(run.exit).toBeLessThanOrEqual(EXIT.partly)
    for (const watch of [first, second]) {
      const waits = watch.lines().filter(line => line.startsWith('…'))
      expect(new Set(waits).size).toBe(waits.length)
    }
    expect(dns.fewest()).toBeGreaterThanOrEqual(3)
    expect(dns.early).toEqual([])
    await sim.up(grown)
    await expectExactly(sim, grown)
    await expectSoundJournal(sim)
  })

  test('told to stop in the middle of a change it leaves the lease free', async () => {
    const {sim, wanted, virginia} = await serving(3, 0)
    sim.guests.setServing(virginia[0] ?? '', false)
    sim.world.calls.plan.add({target: 'cloudflare:POST*', kind: 'delay', ms: 20_000})
    const watch = watching(sim, wanted)
    await sim.time.advance(10_000)
    await watch.end()
    await expectSoundJournal(sim)
  })
})

test('what the vendor would refuse is refused with its words before anything is changed, as by up', async () => {
  const {sim, wanted} = await serving(2, 1, {vendor: 'route53'})
  const single = of(2, 1, {vendor: 'route53', routing: 'simple'})
  const weighted = of(2, 1, {vendor: 'route53', routing: 'weighted'})
  const standing = await plantForeign(sim, wanted)
  const before = [await standing(), await addresses(sim, wanted), (await sim.journal.read()).length]
  const wordsOf = (run: Promise<RunResult>) =>
    run.then(
      () => 'not refused',
      ({message}: Error) => message,
    )
  for (const clashing of [single, weighted]) {
    const words = await wordsOf(sim.up(clashing))
    expect(words).toMatch(/^dns www\.example\.com: /)
    expect(await wordsOf(sim.sync(clashing))).toBe(words)
    expect(await wordsOf(sim.sync(clashing, {request: {kind: 'undrain'}}))).toBe(words)
  }
  expect([await standing(), await addresses(sim, wanted), (await sim.journal.read()).length]).toEqual(before)
})
