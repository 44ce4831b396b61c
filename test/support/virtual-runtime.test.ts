import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {expect, test} from 'vitest'
import {UnreachableError} from '../../src/errors.ts'
import {createCaller} from '../../src/providers/call.ts'
import {VirtualTime} from './virtual-runtime.ts'

test('the runtime and the clock live at the same instant', async () => {
  const time = new VirtualTime({startMs: 0})
  const runtime = time.runtime()
  const happened: string[] = []
  time.clock.after(3_600_000, () => happened.push(`clock ${time.now()}`))
  time.clock.after(7_200_000, () => happened.push('too late'))
  await time.run(async () => {
    await runtime.sleep(5_000)
    happened.push(`sleep ${runtime.now()}`)
    await runtime.sleep(3_595_000)
    happened.push(`sleep ${runtime.now()}`)
  })
  expect(happened).toEqual(['sleep 5000', 'clock 3600000', 'sleep 3600000'])
})

test('what is called off does not happen', async () => {
  const time = new VirtualTime()
  const callOff = time.clock.after(1, () => expect.unreachable())
  callOff()
  const cancel = new AbortController()
  const sleeping = time.runtime().sleep(5, cancel.signal)
  cancel.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
  await time.advance(10)
})

test('one seed gives one sequence of chance and ids', () => {
  const draw = (seed: number) => {
    const runtime = new VirtualTime({seed}).runtime()
    return [runtime.random(), runtime.id(), runtime.random()]
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  expect(draw(7)[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('a task that waits for nothing scheduled is an error, not a hang', async () => {
  await expect(new VirtualTime().run(() => new Promise(() => {}))).rejects.toThrow(/not scheduled/)
})

test('a deadline waits for real I/O, backoff does not', async () => {
  let asked = 0
  const server = createServer((_request, response) => {
    // A few turns late, as real answers are: the deadline of the call must not pass meanwhile.
    setTimeout(() => response.writeHead(++asked < 3 ? 503 : 200).end('served'), 20)
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const time = new VirtualTime({startMs: 0})
  const stop = time.attend()
  const {TransientError} = await import('../../src/errors.ts')
  const call = createCaller(time.runtime(), 'test')
  const text = await call({name: 'Get'}, async signal => {
    const response = await fetch(url, {signal})
    if (response.status === 503) throw new TransientError('busy', {effect: 'none', retryAfterMs: 60_000})
    return response.text()
  })
  expect(text).toBe('served')
  expect(time.now()).toBe(120_000)
  stop()
  server.closeAllConnections()
  server.close()
})

test('a deadline passes when nothing happens any more', async () => {
  const time = new VirtualTime()
  const stop = time.attend({patienceMs: 20})
  const call = createCaller(time.runtime(), 'test')
  await expect(call({name: 'Get', attempts: 2}, () => new Promise(() => {}))).rejects.toThrow(
    UnreachableError,
  )
  stop()
})
