import fc from 'fast-check'
import {expect, test} from 'vitest'
import {openLedger} from '../../src/fleet/turn/ledger.ts'
import {fold, foldEvent} from '../../src/journal/fold.ts'
import {startFold} from '../../src/journal/folding.ts'
import type {Journal, NewEvent} from '../../src/journal/journal.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {decode, encode, FOLD_VERSION, openFold, readRecorded, saveFold} from '../../src/journal/snapshot.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'
import {receiver} from '../support/simulated-receivers.ts'
import {VirtualTime} from '../support/virtual-runtime.ts'

/** What runs really write: launches and ends on two clouds, a roll-out, a run cut short by a fault, another name. */
async function journalOfRuns(): Promise<Journal> {
  const sim = new SimulatedFleet()
  const of = (count: number, type: string, name = 'www.example.com') =>
    fleet(
      [
        group('virginia', count, {place: VIRGINIA, wish: wish({open: [80], types: [type]})}),
        group('east', count, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
      ],
      {dns: name, names: [dnsName({vendor: 'route53', name})]},
    )
  await sim.up(of(2, 't3.micro'))
  await sim.up(of(3, 't3.small'))
  const {faults} = sim.world.calls
  sim.world.calls.faults = {
    ...faults,
    after: ({action}) => {
      if (action === 'RunInstances') throw new Error('the run ends here')
    },
  }
  await sim.up(of(4, 't3.small')).catch(() => {})
  sim.world.calls.faults = faults
  await sim.up(of(4, 't3.small', 'web.example.com'))
  await sim.down(of(4, 't3.small', 'web.example.com'))
  return sim.journal
}

test('the fold goes on from any snapshot as from the beginning', async () => {
  const events = await (await journalOfRuns()).read()
  expect(new Set(events.map(({event}) => event.type)).size).toBeGreaterThan(9)
  const whole = fold(events)
  fc.assert(
    fc.property(fc.integer({min: 0, max: events.length}), at => {
      const before = startFold()
      for (const event of events.slice(0, at)) foldEvent(before, event)
      const after = decode(encode(before)) ?? expect.unreachable('the snapshot was not understood')
      expect(after).toEqual(before)
      for (const event of events.slice(at)) foldEvent(after, event)
      expect(after.recorded).toEqual(whole)
    }),
    {examples: events.map((_, at) => [at]), numRuns: events.length},
  )
})

test('what instances were made of is kept once for each launch spec, and of those that ended little more than their ids', async () => {
  const sim = new SimulatedFleet()
  const of = (template: string) =>
    fleet([group('virginia', 4, {wish: wish({open: [80]})})], {
      notify: [receiver('hooks.example.com')],
      userdata: {template, vars: {}},
    })
  const bytes = async () => encode(await openFold(sim.journal)).length
  for (const template of ['a', 'b', 'a']) await sim.up(of(template))
  const before = await bytes()
  const {launches, seen, ended} = await readRecorded(sim.journal)
  expect([ended.size, seen.size]).toEqual([8, 4])
  for (const template of ['b', 'a']) await sim.up(of(template))
  const launched = (await readRecorded(sim.journal)).launches.size - launches.size
  expect((await bytes()) - before).toBeLessThan(8 * 300 + launched * 750)
})

test('a journal is read from its snapshot on, and one of another fold is not looked at', async () => {
  const owner = (dns: string): NewEvent => ({atMs: 1, run: 'run-1', event: {type: 'owner-recorded', dns}})
  const journal = memoryJournal()
  await journal.append(1, [owner('www.example.com'), owner('api.example.com')])
  await journal.saveSnapshot({fold: FOLD_VERSION + 1, sequence: 2, state: 'of another form'})
  const before = await openFold(journal)
  expect(before.recorded.owners).toEqual(['www.example.com', 'api.example.com'])

  await saveFold(journal, before)
  await journal.append(3, [owner('web.example.com')])
  const readFrom: (number | undefined)[] = []
  const {owners} = await readRecorded({
    ...journal,
    read(after) {
      readFrom.push(after)
      return journal.read(after)
    },
  })
  expect(owners).toEqual(['www.example.com', 'api.example.com', 'web.example.com'])
  expect(readFrom).toEqual([2])
})

test('a run keeps a snapshot every two hundred events, and one at its end', async () => {
  const journal = memoryJournal()
  const ledger = await openLedger(journal, new VirtualTime().runtime(), 'run-1')
  const keptAt = async () => (await journal.loadSnapshot(FOLD_VERSION))?.sequence
  await ledger.append({type: 'run-started', command: 'up', version: '1', host: 'here', user: 'ann', pid: 1})
  for (let count = 0; count < 198; count++) await ledger.append({type: 'lease-renewed'})
  expect(await keptAt()).toBeUndefined()
  await ledger.append({type: 'lease-renewed'})
  expect(await keptAt()).toBe(200)
  await ledger.append({type: 'run-finished', exit: 0, converged: true})
  expect(await keptAt()).toBe(201)
})

test('a snapshot that lacks what is kept now is folded anew', () => {
  const {found: _, ...recorded} = startFold().recorded
  expect(decode(encode({...startFold(), recorded: recorded as never}))).toBeUndefined()
})

test.each(['{', '[]', '{"recorded": {"launches": [1]}, "steps": [], "sent": []}'])(
  'nor is one of another form the end of anything: %s',
  text => {
    expect(decode(text)).toBeUndefined()
  },
)
