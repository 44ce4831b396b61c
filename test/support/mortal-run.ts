import {InterruptedError, TransientError} from '../../src/errors.ts'
import type {RunResult} from '../../src/fleet/reconcile.ts'
import type {Carry} from './carry.ts'
import type {RunSettings, SimulatedFleet} from './simulated-fleet.ts'

/**
 * How a run comes to its end at a point:
 * - `kill`: SIGKILL. Control never returns to it: no catch, finally or timer of the run executes any more (decision 28).
 * - `throw`: an error of ours, which the run sees and ends with.
 * - `interrupt`: Ctrl-C.
 * - `lose`: the connection breaks around this one call; the run goes on.
 * - `suspend`: SIGSTOP, or a laptop that sleeps; the run goes on two minutes later and knows nothing of it.
 */
export type End = 'kill' | 'throw' | 'interrupt' | 'lose' | 'suspend'

/**
 * Where a run can end: `before`, while it is `sent` and has not arrived (calls that change something), and `after` a call of
 * its own or a journal append: `after ec2:RunInstances`.
 */
export type Point = string
export type Side = 'before' | 'sent' | 'after'

export type Ending = {
  /** The number of the point, from 0, among all that the run passes or among those that begin like this. */
  readonly at: number
  readonly among?: {readonly side: Side; readonly call: string}
  readonly end: End
  /** How long a request that had left is still under way before it takes effect. */
  readonly underWayMs?: number
  /** How long every call takes to arrive. */
  readonly latencyMs?: number
}

export type MortalRun = {
  /** For the run: what it sends and hears passes here. */
  readonly settings: Pick<RunSettings, 'carry' | 'death' | 'signal'>
  /** Passed so far. */
  readonly points: readonly Point[]
  /** Where it ended, or met what it was to meet there. */
  readonly ended: () => Point | undefined
  /** What the run tried after it was dead: none of it has any effect. */
  readonly knocks: readonly string[]
}

const UNDER_WAY_MS = 3_000
/** What is no launch is under way no longer than a rerun takes: nobody can know of what comes after it. */
const SOON_MS = 4_000
/** What is in flight at Ctrl-C may take so long, and the last words of the run after it; then the process ends (decision 30). */
const ABANDONED_AFTER_MS = 8_000
const LAST_WORDS_MS = 1_200
const SUSPENDED_MS = 120_000
const never = new Promise<never>(() => {})

/** Time, the probe and what name servers answer are lost without a trace. */
const isEventful = (call: string): boolean => !/^(sleep|probe|dns:query|journal:read)$/.test(call)
const isAppend = (call: string): boolean => call.startsWith('journal:')
/** Whether it changes a cloud or a zone. */
export const changes = (call: string): boolean =>
  /^(ec2:(?!Describe|Get)|cloudapi:(?!GET)|route53:change|cloudflare:(batch|create|delete))/.test(call)

const launches = (call: string): boolean => /^(ec2:RunInstances|cloudapi:POST .*machines)$/.test(call)

/** A run that ends when it passes its point number `at`. */
export function mortal(sim: SimulatedFleet, ending: Ending): MortalRun {
  const {at, among, end, underWayMs = UNDER_WAY_MS, latencyMs = 0} = ending
  const points: Point[] = []
  let passed = 0
  let ended: Point | undefined
  const knocks: string[] = []
  let isDead = false
  let die: (reason: Error) => void = () => {}
  const death = new Promise<never>((_, reject) => {
    die = reject
  })
  death.catch(() => {})
  const interrupt = new AbortController()
  let awake: Promise<void> | undefined

  const carry: Carry = (call, send) => {
    if (isDead) {
      knocks.push(call)
      return never
    }
    const answer = isEventful(call) ? eventful(call, send) : send()
    return new Promise((resolve, reject) => {
      const hear = (settle: () => void) => {
        if (isDead) return
        if (awake) void awake.then(() => hear(settle))
        else settle()
      }
      answer.then(
        value => hear(() => resolve(value)),
        error => hear(() => reject(error)),
      )
    })
  }

  async function eventful<T>(call: string, send: () => Promise<T>): Promise<T> {
    if (pass('before', call)) throw lost(call, 'none')
    if (awake) await awake
    if (isDead) return never
    const arrive = async () => {
      if (latencyMs > 0 && !isAppend(call)) await later(latencyMs)
      return send()
    }
    if (changes(call) && pass('sent', call)) {
      leave(call, arrive)
      throw lost(call, 'unknown')
    }
    if (isDead) return leave(call, arrive)
    const value = await arrive()
    if (isDead) return never
    if (pass('after', call)) throw lost(call, 'unknown')
    return value
  }

  /** Whether the connection is lost here. */
  function pass(side: Side, call: string): boolean {
    const point = `${side} ${call}`
    points.push(point)
    if (among && !point.startsWith(`${among.side} ${among.call}`)) return false
    if (passed++ !== at) return false
    ended = point
    if (end === 'interrupt') {
      const abandon = new AbortController()
      interrupt.abort(new InterruptedError('SIGINT', {abandon: abandon.signal}))
      sim.time.clock.after(ABANDONED_AFTER_MS, () => abandon.abort(new InterruptedError()))
      sim.time.clock.after(ABANDONED_AFTER_MS + LAST_WORDS_MS, () => kill('Abandoned', point))
    }
    if (end === 'throw') throw new Error(`Thrown ${point}`)
    if (end === 'kill') kill('Killed', point)
    if (end === 'suspend')
      awake = later(SUSPENDED_MS).then(() => {
        awake = undefined
      })
    return end === 'lose' && !isAppend(call)
  }

  function kill(how: string, point: Point): void {
    isDead = true
    die(new Error(`${how} ${point}`))
  }

  /** Nobody waits for it any more. */
  function leave(call: string, arrive: () => Promise<unknown>): Promise<never> {
    const ms = launches(call) ? underWayMs : Math.min(underWayMs, SOON_MS)
    sim.time.clock.after(ms, () => void arrive().catch(() => {}))
    return never
  }
  const later = (ms: number) => new Promise<void>(resolve => void sim.time.clock.after(ms, resolve))

  return {settings: {carry, death, signal: interrupt.signal}, points, knocks, ended: () => ended}
}

const lost = (call: string, effect: 'none' | 'unknown'): TransientError =>
  new TransientError(`${call}: connection lost`, {effect})

/** Runs `operate` until its point number `at` and ends it there. Returns the result where the run came through all the same. */
export async function runUntil(
  sim: SimulatedFleet,
  operate: (settings: RunSettings) => Promise<RunResult>,
  ending: Ending,
): Promise<Pick<MortalRun, 'points' | 'knocks'> & {result?: RunResult; error?: unknown}> {
  const run = mortal(sim, ending)
  try {
    return {...run, result: await operate(run.settings)}
  } catch (error) {
    return {...run, error}
  }
}
