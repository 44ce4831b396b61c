import {createSocket, type Socket} from 'node:dgram'
import {decode, encode} from 'dns-packet'
import {afterEach, describe, expect, test} from 'vitest'
import {NoAnswerError, query} from '../../src/dns/query.ts'
import {InterruptedError} from '../../src/errors.ts'
import {realRuntime} from '../../src/runtime.ts'
import {serveDns} from '../../src/sandbox/wire/dns.ts'
import type {DnsData} from '../../src/sandbox/world/dns-answer.ts'
import {VirtualTime} from '../support/virtual-runtime.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function served(data: DnsData[]) {
  const records = data.map(record => ({name: 'www.example.com', ttlSeconds: 60, ...record}))
  const server = await serveDns((name, type) => ({
    rcode: name === 'www.example.com' ? 'NOERROR' : 'NXDOMAIN',
    answers: name === 'www.example.com' ? records.filter(record => record.type === type) : [],
    authorities: [],
  }))
  closing.push(() => server.close())
  return {host: '127.0.0.1', port: server.port}
}

/** A UDP server that answers as it is told. */
async function scripted(answer: (message: Buffer, reply: (bytes: Buffer) => void) => void) {
  const socket: Socket = createSocket('udp4')
  socket.on('message', (message, from) =>
    answer(message, bytes => socket.send(bytes, from.port, from.address)),
  )
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  closing.push(() => new Promise<void>(resolve => socket.close(() => resolve())))
  return {host: '127.0.0.1', port: socket.address().port}
}

const options = {timeoutMs: 20_000, runtime: realRuntime()}

describe('a question', () => {
  test.each([
    ['A', {type: 'A', data: '192.0.2.1'}, '192.0.2.1'],
    ['AAAA', {type: 'AAAA', data: '2001:db8::1'}, '2001:db8::1'],
    ['CNAME', {type: 'CNAME', data: 'Other.example.com'}, 'other.example.com'],
    ['TXT', {type: 'TXT', data: [Buffer.from('out '), Buffer.from('i-1')]}, 'out i-1'],
    [
      'SRV',
      {type: 'SRV', data: {priority: 1, weight: 2, port: 80, target: 'a.example.com'}},
      '1 2 80 a.example.com',
    ],
    ['MX', {type: 'MX', data: {preference: 10, exchange: 'mail.example.com'}}, '10 mail.example.com'],
  ] as [string, DnsData, string][])('for %s gets the value as people write it', async (type, data, value) => {
    const server = await served([data])
    expect(await query(server, 'WWW.example.com', type.toLowerCase(), options)).toMatchObject({
      rcode: 'NOERROR',
      authoritative: true,
      answers: [{name: 'www.example.com', type, ttlSeconds: 60, value}],
    })
  })

  test('for a PTR gets the name with its dots, bytes and case', async () => {
    const server = await scripted((message, reply) => {
      const asked = decode(message)
      const label = Buffer.from('Büro 1.0')
      const rest = Buffer.from('\x05_http\x04_tcp\x07example\x03com\0', 'latin1')
      const data = Buffer.concat([Buffer.of(label.length), label, rest])
      const question = {name: 'x', type: 'PTR'} as const
      const bytes = encode({
        type: 'response',
        id: asked.id ?? 0,
        questions: [question],
        answers: [{name: 'x', type: 'NULL', ttl: 5, data}],
      })
      // The codec cannot write such a name as PTR: it is put in as bytes, and the type after it.
      bytes.writeUInt16BE(12, bytes.length - data.length - 10)
      reply(bytes)
    })
    expect((await query(server, 'X', 'PTR', options)).answers).toEqual([
      {name: 'x', type: 'PTR', ttlSeconds: 5, value: String.raw`Büro\0321\.0._http._tcp.example.com`},
    ])
  })

  test('for a name with a dot within a label asks for that label, of a resolver with the wish that it asks others', async () => {
    const questions: Buffer[] = []
    const server = await scripted((message, reply) => {
      questions.push(Buffer.from(message))
      message.writeUInt8(0x80, 2)
      reply(message)
    })
    await query(server, String.raw`v1\.0.example.com`, 'SRV', {...options, recursive: true})
    expect(questions[0]?.subarray(12, 30).toString('latin1')).toBe('\x04v1.0\x07example\x03com\0')
    expect((questions[0]?.readUInt8(2) ?? 0) & 1).toBe(1)
  })

  test('for a name that is not there gets NXDOMAIN', async () => {
    expect(await query(await served([]), 'none.example.com', 'A', options)).toMatchObject({
      rcode: 'NXDOMAIN',
      answers: [],
    })
  })

  test('with a long answer is asked again over TCP', async () => {
    const addresses = Array.from({length: 120}, (_, i): DnsData => ({type: 'A', data: `192.0.2.${i}`}))
    expect((await query(await served(addresses), 'www.example.com', 'A', options)).answers).toHaveLength(120)
  })

  test('takes no answer with another id, another question, or none at all', async () => {
    const server = await scripted((message, reply) => {
      const asked = decode(message)
      const right = {...asked, type: 'response' as const, additionals: []}
      reply(Buffer.from('noise'))
      reply(encode({...right, id: ((asked.id ?? 0) + 1) & 65_535, flags: 3}))
      reply(encode({...right, questions: [{name: 'other.example.com', type: 'A'}], flags: 3}))
      reply(message)
      reply(encode({...right, answers: [{name: 'www.example.com', type: 'A', ttl: 5, data: '192.0.2.9'}]}))
    })
    const {rcode, answers} = await query(server, 'www.example.com', 'A', options)
    expect({rcode, answers}).toMatchObject({rcode: 'NOERROR', answers: [{value: '192.0.2.9'}]})
  })
})

describe('a name server', () => {
  test('that keeps silent is given up after the deadline, on the runtime’s clock', async () => {
    const time = new VirtualTime()
    const asked = Promise.withResolvers<void>()
    const server = await scripted(() => asked.resolve())
    const answer = query(server, 'www.example.com', 'A', {timeoutMs: 5_000, runtime: time.runtime()})
    answer.catch(() => {})
    await asked.promise
    await time.advance(5_000)
    await expect(answer).rejects.toThrow(NoAnswerError)
    await expect(answer).rejects.toThrow('within 5 s')
  })

  test('where nothing listens is no answer', async () => {
    const {port} = await scripted(() => {})
    await closing.pop()?.()
    await expect(query({host: '127.0.0.1', port}, 'www.example.com', 'A', options)).rejects.toThrow(
      NoAnswerError,
    )
  })

  test('is not waited for when the run is interrupted', async () => {
    const interrupt = new AbortController()
    const asked = Promise.withResolvers<void>()
    const server = await scripted(() => asked.resolve())
    const answer = query(server, 'www.example.com', 'A', {
      timeoutMs: 20_000,
      runtime: realRuntime(interrupt.signal),
    })
    answer.catch(() => {})
    await asked.promise
    interrupt.abort(new InterruptedError())
    await expect(answer).rejects.toThrow(InterruptedError)
  })
})
