import {createSocket} from 'node:dgram'
import {afterEach, expect, test} from 'vitest'
import type {NameServer} from '../../src/dns/query.ts'
import {readServer, resolver} from '../../src/dns/resolver.ts'
import {UnreachableError} from '../../src/errors.ts'
import {realRuntime} from '../../src/runtime.ts'
import {serveDns} from '../../src/sandbox/wire/dns.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function answering(rcode: 'NOERROR' | 'REFUSED', host = '127.0.0.1') {
  const asked: string[] = []
  const server = await serveDns(
    (name, type) => {
      asked.push(`${type} ${name}`)
      return {
        rcode,
        answers: rcode === 'NOERROR' ? [{name, ttlSeconds: 60, type: 'A', data: '192.0.2.1'}] : [],
        authorities: [],
      }
    },
    {host},
  )
  closing.push(() => server.close())
  return {host, port: server.port, asked}
}

/** A relay that loses the first datagrams. */
async function losing(count: number, to: {host: string; port: number}) {
  const [front, back] = [createSocket('udp4'), createSocket('udp4')]
  let left = count
  front.on('message', (message, {port, address}) => {
    if (left-- > 0) return
    back.once('message', reply => front.send(reply, port, address))
    back.send(message, to.port, to.host)
  })
  await new Promise<void>(resolve => front.bind(0, '127.0.0.1', resolve))
  closing.push(
    () => front.close(),
    () => back.close(),
  )
  return {host: '127.0.0.1', port: front.address().port}
}

/** A first attempt that gives up at once, and one with patience. */
const TIMEOUTS_MS = [30, 20_000]
const asking = (...servers: NameServer[]) => resolver(servers, realRuntime(), TIMEOUTS_MS)

test('a lost datagram is sent again', async () => {
  const server = await answering('NOERROR')
  const reply = await asking(await losing(1, server))('www.example.com', 'A')
  expect(reply.answers[0]?.value).toBe('192.0.2.1')
  expect(server.asked).toHaveLength(1)
})

test('one that refuses is left for the next, and not asked again', async () => {
  const [refusing, willing] = [await answering('REFUSED'), await answering('NOERROR')]
  const reply = await asking(refusing, await losing(1, willing))('www.example.com', 'A')
  expect(reply.rcode).toBe('NOERROR')
  expect(refusing.asked).toHaveLength(1)
})

test('where none answers each is named with its reason', async () => {
  const refusing = await answering('REFUSED')
  const gone = await answering('NOERROR')
  await closing.pop()?.()
  const failed = asking(refusing, gone)('www.example.com', 'A')
  await expect(failed).rejects.toThrow(UnreachableError)
  await expect(failed).rejects.toThrow(
    new RegExp(`127.0.0.1:${refusing.port} answered REFUSED to A www.example.com\\n.*127.0.0.1:${gone.port}`),
  )
})

test('a server is asked over IPv6 as well', async context => {
  const server = await answering('NOERROR', '::1').catch(() => context.skip('this system has no IPv6'))
  expect(await asking(readServer(`[::1]:${server.port}`))('www.example.com', 'A')).toMatchObject({
    rcode: 'NOERROR',
  })
})
