import {describe, expect, test} from 'vitest'
import {InterruptedError, TransientError} from '../../src/errors.ts'
import {atMost, createCaller} from '../../src/providers/call.ts'
import {VirtualTime} from '../support/virtual-runtime.ts'

const refused = () => new TransientError('connect ECONNREFUSED', {effect: 'none'})

/** Sends until the caller gives up: how often, and after how much of its time. */
async function giveUp(answersFirst: boolean): Promise<{attempts: number; afterMs: number}> {
  const time = new VirtualTime({startMs: 0})
  const stop = time.attend({patienceMs: 20})
  const call = createCaller(time.runtime(), 'test')
  if (answersFirst) await call({name: 'Get'}, async () => 'here')
  let attempts = 0
  await call({name: 'Get'}, async () => {
    attempts++
    throw refused()
  }).catch(() => {})
  stop()
  return {attempts, afterMs: time.now()}
}

test('an address where nobody ever answered is given up within seconds', async () => {
  const {attempts, afterMs} = await giveUp(false)
  expect(attempts).toBe(4)
  expect(afterMs).toBeLessThanOrEqual(7_000)
})

test('a vendor who answered before is waited for through a longer outage', async () => {
  const {attempts, afterMs} = await giveUp(true)
  expect(attempts).toBe(6)
  expect(afterMs).toBeGreaterThan(15_000)
})

/** A vendor that says nothing at all, or that it is asked too often, to who only looks and to others: when that is given up. */
async function waited(looks: boolean, {throttled}: {throttled: boolean}): Promise<number> {
  const time = new VirtualTime({startMs: 0})
  const runtime = {...time.runtime(), ...(looks && {patience: {timeoutMs: 10_000, attempts: 3}})}
  const call = createCaller(runtime, 'EC2')
  const silence = () => new Promise<never>(() => {})
  const busy = async () => {
    throw new TransientError('RequestLimitExceeded', {effect: 'none', throttled})
  }
  await time.run(() => call({name: 'Get'}, throttled ? busy : silence).catch(() => {}))
  return time.now()
}

test('who only looks waits half a minute for a vendor that says nothing, others some minutes', async () => {
  expect(await waited(true, {throttled: false})).toBeLessThan(35_000)
  expect(await waited(false, {throttled: false})).toBeGreaterThan(180_000)
})

test('a vendor that throttles is not silent: it is asked as often by who only looks', async () => {
  expect(await waited(true, {throttled: true})).toBeGreaterThan(15_000)
})

/** What a call ends with when its attempts end one after the other with these effects. */
async function effectAfter(...effects: ('none' | 'unknown')[]): Promise<unknown> {
  const time = new VirtualTime()
  const call = createCaller(time.runtime(), 'EC2')
  const left = [...effects]
  return time.run(() =>
    call({name: 'RunInstances', attempts: effects.length}, async () => {
      throw new TransientError('no answer', {effect: left.shift() ?? 'none'})
    }).then(
      () => 'answered',
      error => error.effect,
    ),
  )
}

test.each([
  ['none of its attempts had an effect', ['none', 'none'], 'none'],
  ['the last one may have had one', ['none', 'unknown'], 'unknown'],
  ['any of them may have had one, whatever came later', ['unknown', 'none', 'none'], 'unknown'],
] as const)('a call that was given up says that %s', async (_rule, effects, expected) => {
  expect(await effectAfter(...effects)).toBe(expected)
})

describe("the fleet file's own rate", () => {
  const documented = {burst: 30, perSecond: 10}
  test('holds from the first second on: no burst goes beyond it', async () => {
    const time = new VirtualTime({startMs: 0})
    const call = createCaller(time.runtime(), 'test', {account: atMost(documented, 2)})
    const sentMs: number[] = []
    await time.run(() =>
      Promise.all(
        Array.from({length: 10}, () =>
          call({name: 'Get', bucket: 'account'}, async () => void sentMs.push(time.now())),
        ),
      ),
    )
    expect(sentMs.filter(ms => ms < 1_000)).toHaveLength(3)
    expect(sentMs.at(-1)).toBe(4_000)
  })

  test('is never above what the vendor documents, and what the vendor documents where there is none', () => {
    expect(atMost(documented, 1_000)).toEqual(documented)
    expect(atMost(documented)).toEqual(documented)
  })

  test('below one call in a second still lets one through', () => {
    expect(atMost(documented, 0.1)).toEqual({burst: 1, perSecond: 0.1})
  })
})

describe('a call without an answer', () => {
  const silent = () => new Promise<never>(() => {})

  test('is given up at once when the run is stopped from within', async () => {
    const time = new VirtualTime()
    const runtime = time.runtime()
    const call = createCaller(runtime, 'test')
    time.clock.after(1_000, () => runtime.stop(new Error('the lease is lost')))
    await expect(time.run(() => call({name: 'Get'}, silent))).rejects.toThrow('the lease is lost')
  })

  test('may still come when the run is interrupted: whoever interrupts decides how long that may take', async () => {
    const time = new VirtualTime()
    const interrupt = new AbortController()
    const call = createCaller(time.runtime(interrupt.signal), 'test')
    time.clock.after(1_000, () => interrupt.abort(new InterruptedError()))
    const late = new Promise<string>(resolve => void time.clock.after(2_000, () => resolve('here')))
    expect(await time.run(() => call({name: 'Get'}, () => late))).toBe('here')
  })

  test('is not waited for when the run is interrupted where it changes nothing', async () => {
    const time = new VirtualTime({startMs: 0})
    const interrupt = new AbortController()
    const call = createCaller(time.runtime(interrupt.signal), 'test')
    const closed: number[] = []
    time.clock.after(1_000, () => interrupt.abort(new InterruptedError('SIGTERM')))
    const ended = await time.run(() =>
      call({name: 'Get', reads: true}, signal => {
        signal.addEventListener('abort', () => closed.push(time.now()))
        return silent()
      }).catch((error: InterruptedError) => [error.name, error.exit, time.now()]),
    )
    expect(ended).toEqual(['InterruptedError', 143, 1_000])
    expect(closed).toEqual([1_000])
  })

  test('is waited for no longer once whoever interrupted abandons it, and its connection is closed', async () => {
    const time = new VirtualTime({startMs: 0})
    const [interrupt, abandon] = [new AbortController(), new AbortController()]
    const call = createCaller(time.runtime(interrupt.signal), 'test')
    const closed: number[] = []
    time.clock.after(1_000, () => interrupt.abort(new InterruptedError('SIGTERM', {abandon: abandon.signal})))
    time.clock.after(9_000, () => abandon.abort(new InterruptedError('SIGTERM', {message: 'No answer.'})))
    const ended = await time.run(() =>
      call({name: 'Get'}, signal => {
        signal.addEventListener('abort', () => closed.push(time.now()))
        return new Promise(() => {})
      }).catch((error: InterruptedError) => [error.message, error.exit, time.now()]),
    )
    expect(ended).toEqual(['No answer.', 143, 9_000])
    expect(closed).toEqual([9_000])
  })
})

test.each([
  ['connect ECONNREFUSED', 'test Get failed 4 times: connect ECONNREFUSED'],
  [
    'test could not be reached for Get: ECONNREFUSED.',
    'test could not be reached for Get: ECONNREFUSED (tried 4 times)',
  ],
])('what was given up is told once: %s', async (why, told) => {
  const time = new VirtualTime()
  const call = createCaller(time.runtime(), 'test')
  const given = call({name: 'Get'}, async () => {
    throw new TransientError(why, {effect: 'none'})
  })
  await expect(time.run(() => given)).rejects.toMatchObject({message: told})
})
