import {setImmediate as turn} from 'node:timers/promises'
import {InterruptedError} from '../../src/errors.ts'
import type {Outside} from '../../src/fleet/outside.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Journal} from '../../src/journal/journal.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {Call} from '../../src/sandbox/world/calls.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {RunSettings, SimulatedFleet} from './simulated-fleet.ts'

/**
 * How a run comes to its end at a point:
 * - `kill`: SIGKILL. Control never returns to it: nothing it would do afterwards has any effect (decision 28).
 * - `throw`: an error of ours, which the run sees and ends with.
 * - `interrupt`: Ctrl-C.
 * - `lose`: the vendor answers this one call with a 503, or its reply is lost; the run goes on.
 */
export type End = 'kill' | 'throw' | 'interrupt' | 'lose'

/** Before or after a call of the run's own, or a journal append: `after ec2:RunInstances`. */
export type Point = string

class Killed extends Error {}

/** Appends take no vendor's part in them: nothing is lost there. */
const isCall = (point: Point): boolean => !point.endsWith('append')

/**
 * Runs `operate` until its point number `at` (from 0) and ends it there. Returns the points passed, and the result where the
 * run came through all the same.
 */
export async function runUntil(
  sim: SimulatedFleet,
  operate: (settings: RunSettings) => Promise<RunResult>,
  {at, end}: {at: number; end: End},
): Promise<{points: Point[]; result?: RunResult; error?: unknown}> {
  const points: Point[] = []
  let isDead = false
  let die: (reason: Error) => void = () => {}
  const death = new Promise<never>((_, reject) => {
    die = reject
  })
  death.catch(() => {})
  const interrupt = new AbortController()
  const never = new Promise<never>(() => {})

  const pass = (point: Point) => {
    if (isDead) throw new Killed(point)
    points.push(point)
    if (points.length !== at + 1) return
    if (end === 'interrupt') interrupt.abort(new InterruptedError())
    if (end === 'throw') throw new Error(`Thrown ${point}`)
    if (end === 'lose' && isCall(point)) throw new VendorError(503, 'ServiceUnavailable', point)
    if (end !== 'kill') return
    isDead = true
    die(new Killed(point))
    throw new Killed(point)
  }
  const {faults, wrapOutside} = {faults: sim.world.calls.faults, wrapOutside: sim.wrapOutside}
  const isOwn = ({principal}: Call) => principal.name === 'operator'
  const named = ({service, action}: Call) => `${service}:${action}`
  sim.world.calls.faults = {
    before: call => void (isOwn(call) && pass(`before ${named(call)}`)),
    after: call => void (isOwn(call) && pass(`after ${named(call)}`)),
  }
  const mortal = (journal: Journal): Journal => ({
    ...journal,
    async append(expected, events) {
      if (isDead) return never
      const kinds = events.map(({event}) => event.type).join('+')
      pass(`before ${kinds} append`)
      const next = await journal.append(expected, events)
      pass(`after ${kinds} append`)
      return next
    },
  })
  sim.wrapOutside = (outside: Outside) => ({...outside, journal: mortal(outside.journal)})
  const alive = sim.time.runtime(interrupt.signal)
  const runtime: Runtime = {
    ...alive,
    sleep: (ms, cancel) => alive.sleep(ms, cancel).then(() => (isDead ? never : undefined)),
  }
  try {
    return {points, result: await operate({runtime, death})}
  } catch (error) {
    return {points, error}
  } finally {
    // What the dead run had on its lips meets closed doors before anybody else comes in.
    for (let turns = 0; turns < 50; turns++) await turn()
    sim.world.calls.faults = faults
    sim.wrapOutside = wrapOutside
  }
}
