import {expect, test} from 'vitest'
import {UnreachableError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {lookAround} from '../../src/fleet/status/look.ts'
import {explainInstance} from '../../src/fleet/why/explain.ts'
import {findInstance} from '../../src/fleet/why/find.ts'
import type {WhyReport} from '../../src/fleet/why/report.ts'
import {whyText} from '../../src/output/why-text.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {handInCloudflare} from '../support/hand-in-zone.ts'
import {plantForeign} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const wanted = fleet([group('virginia', 2)], {names: [dnsName()]})
const RUN = /by run [0-9a-f-]{8} \("mcd (\w+)" by nobody@simulation\)/

async function serving() {
  const sim = new SimulatedFleet()
  await sim.up(wanted)
  await sim.time.advance(3_600_000)
  const {instances} = await look(sim)
  const [{id = ''} = {}] = instances
  return {sim, id}
}

const look = async (sim: SimulatedFleet, of: Fleet = wanted) =>
  (await sim.time.run(() => lookAround(sim.outside(of), of))).status

async function why(
  sim: SimulatedFleet,
  id: string,
  of: Fleet = wanted,
): Promise<{report: WhyReport; text: string}> {
  const {status, inspection} = await sim.time.run(() => lookAround(sim.outside(of), of))
  const whole = findInstance(id, inspection.observed, inspection.recorded)
  const report = explainInstance(whole, inspection, status, await sim.journal.read())
  return {report, text: whyText(report)}
}

test('one that serves: who launched it, how it is, what stands and is answered, and that nothing is to be done', async () => {
  const {sim, id} = await serving()
  const {report, text} = await why(sim, id.slice(0, 8))
  expect(report).toMatchObject({
    instance: id,
    standing: 'lives',
    spec: 'current',
    health: {verdict: 'healthy'},
    past: {launched: {command: 'up', user: 'nobody', host: 'simulation'}},
    names: [{records: [{type: 'A', ttlSeconds: 60, group: 'virginia'}], servers: {answering: 1, heard: 1}}],
    drained: false,
    next: [],
    differences: [],
  })
  expect(text).toMatch(RUN)
  expect(text).toMatch(/1 of 1 name servers answer with it/)
  expect(text).toMatch(/mcd has nothing to do with it\.$/)
})

test('one that is drained: by whom, since when it is out, and the hold with its reason', async () => {
  const {sim, id} = await serving()
  await sim.sync(wanted, {request: {kind: 'drain', until: 'forgotten', instances: [id]}})
  const {report, text} = await why(sim, id)
  expect(report).toMatchObject({
    standing: 'lives',
    drained: true,
    past: {drained: {run: expect.any(String)}},
    names: [{records: [], hold: {value: `out ${id} drained`}, servers: {answering: 0}}],
    out: {zones: [{zone: 'cloudflare/example.com', servedAt: expect.any(String)}]},
  })
  expect(text).toMatch(
    /keeps its own script from registering it: it is drained on purpose, until "mcd undrain"/,
  )
})

test('one whose record somebody edited: what differs, the command for it, and what mcd would do', async () => {
  const {sim, id} = await serving()
  handInCloudflare(sim).edit(id, {ttl: 3_600})
  await sim.time.advance(5_000)
  const {report, text} = await why(sim, id)
  expect(report.differences).toMatchObject([{kind: 'wrong-ttl', fix: 'mcd sync'}])
  expect(report.next).toMatchObject([
    {kind: 'register', text: expect.stringMatching(/^in cloudflare.*, remove A .*, add A /)},
  ])
  expect(text).toMatch(/What mcd up would do with it next:\n {2}in cloudflare\/example\.com, remove A/)
  expect(text).toMatch(/ {2}www\.example\.com: .* has a TTL of 3600 s .* → mcd sync$/)
})

test('one that stands under a launch spec of earlier days, and what follows it', async () => {
  const {sim, id} = await serving()
  const later = {...wanted, userdata: {...wanted.userdata, vars: {title: 'new'}}}
  const {report} = await why(sim, id, later)
  expect(report.spec).toBe('older')
  expect(report.next.map(({text}) => text)).toContain('launch another in its place, then end it')
})

test('one that has ended: launched and ended by which runs, and nothing left of it', async () => {
  const {sim, id} = await serving()
  await sim.down(wanted, {instances: [id]})
  // No cloud shows it any more: only the journal knows.
  await sim.time.advance(6 * 3_600_000)
  const {report, text} = await why(sim, id)
  expect(report).toMatchObject({
    standing: 'ended',
    group: 'virginia',
    past: {launched: {command: 'up'}, ended: {command: 'down'}},
    names: [{records: []}],
  })
  expect(text).toMatch(/, has ended/)
  expect(text).toMatch(/There is nothing left to do with it\.$/)
})

test("one of somebody else's: whose it is, and that mcd leaves it", async () => {
  const {sim} = await serving()
  await plantForeign(sim, wanted)
  await sim.time.advance(60_000)
  const stranger = sim.world.ec2
    .allInstances()
    .find(({tags}) => tags.get('mcd:fleet') === 'web' && tags.get('mcd:dns') !== wanted.dns)
  const {report, text} = await why(sim, stranger?.id ?? '')
  expect(report).toMatchObject({standing: 'foreign', next: [], differences: []})
  expect(text).toMatch(/is not ours: it carries the name of fleet web and belongs to web\.example\.org\./)
})

test('one whose place says nothing: what the journal knows of it, and that it stays', async () => {
  const {sim, id} = await serving()
  sim.wrapCompute = provider => ({
    ...provider,
    listInstances: async () => {
      throw new UnreachableError('Nothing came back.')
    },
  })
  const {report, text} = await why(sim, id)
  expect(report).toMatchObject({
    standing: 'unseen',
    place: 'aws:us-east-1',
    silent: 'Nothing came back.',
    past: {launched: {command: 'up'}},
    names: [{records: [{type: 'A'}]}],
  })
  expect(text).toMatch(
    /cannot be seen: aws:us-east-1 says nothing \(Nothing came back\)\. What there is of it stays\./,
  )
})
