import {expect, test} from 'vitest'
import {EAST, fleet, group, wish} from './fleet-builder.ts'
import {mortal, runUntil} from './mortal-run.ts'
import {SimulatedFleet} from './simulated-fleet.ts'

/** Decision 28: a simulated kill that let a catch or a finally of the dead run work would hide what a real one leaves behind. */

const of = fleet([
  group('virginia', 1, {wish: wish({open: [80]})}),
  group('east', 1, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
])
/** What of a run's code has run, beyond the calls that it makes. */
type Count = {caught: number; finished: number; went: number}

/** A world in which every launch counts how it came back. */
function counting(): {sim: SimulatedFleet; count: Count} {
  const sim = new SimulatedFleet()
  const count: Count = {caught: 0, finished: 0, went: 0}
  sim.wrapCompute = provider => ({
    ...provider,
    async launch(order) {
      try {
        const receipt = await provider.launch(order)
        count.went++
        return receipt
      } catch (error) {
        count.caught++
        throw error
      } finally {
        count.finished++
      }
    },
  })
  return {sim, count}
}

const footprint = async ({world, journal}: SimulatedFleet, count: Count) => ({
  calls: world.calls.records.length,
  events: (await journal.read()).length,
  ...count,
})

test('nothing of a killed run works on: no call, no append, no catch, no finally, at whichever point it was killed', async () => {
  const whole = counting()
  const {points} = await runUntil(whole.sim, settings => whole.sim.up(of, settings), {
    at: Number.POSITIVE_INFINITY,
    end: 'kill',
  })
  expect(points.length).toBeGreaterThan(50)
  for (const [at, point] of points.entries()) {
    const {sim, count} = counting()
    const {settings} = mortal(sim, {at, end: 'kill'})
    await expect(sim.up(of, settings)).rejects.toThrow(`Killed ${point}`)
    const then = await footprint(sim, count)
    await sim.time.advance(10 * 60_000)
    const now = await footprint(sim, count)
    // A request that had left before takes its effect; of the run itself there is nothing more.
    const arrived = point.startsWith('sent ') ? 1 : 0
    expect({...now, calls: now.calls - arrived}, point).toEqual(then)
    expect([now.caught, now.finished], point).toEqual([0, now.went])
  }
})
