import {expect, test} from 'vitest'
import type {Retry} from '../../src/providers/retries.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

const of = fleet(
  [
    group('virginia', 1, {place: VIRGINIA}),
    group('east', 1, {place: EAST, wish: wish({types: ['g1.nano']})}),
  ],
  {names: [dnsName()]},
)

test('a call that was refused at first leaves its attempts with its step, and none with the step beside it', async () => {
  const sim = new SimulatedFleet()
  const left = new Map([
    ['RunInstances', 2],
    ['CreateMachine', 1],
  ])
  sim.world.calls.faults = {
    before({action}) {
      const times = left.get(action) ?? 0
      left.set(action, times - 1)
      if (times > 0) throw new VendorError(503, 'RequestLimitExceeded', 'Request limit exceeded.')
    },
    after: () => {},
  }
  expect((await sim.up(of)).converged).toBe(true)
  const events = (await sim.journal.read()).map(({event}) => event)
  const kindOf = new Map(
    events.flatMap(event =>
      event.type === 'intent'
        ? [[event.step, event.what.kind === 'launch' ? event.what.place : event.what.kind]]
        : [],
    ),
  )
  const kept = events.flatMap(event =>
    event.type === 'outcome' && event.retries
      ? [[kindOf.get(event.step), event.retries.map(({call}: Retry) => call)]]
      : [],
  )
  expect(Object.fromEntries(kept)).toEqual({
    [VIRGINIA.key]: ['AWS RunInstances', 'AWS RunInstances'],
    [EAST.key]: ['CloudAPI CreateMachine'],
  })
})
