import {createSocket} from 'node:dgram'
import {connect} from 'node:net'
import {type Answer, type DecodedPacket, decode, encode, type RecordType} from 'dns-packet'
import {execa} from 'execa'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {type DnsServer, serveDns} from '../../../src/sandbox/wire/dns.ts'
import type {DnsAnswer, DnsRecord} from '../../../src/sandbox/world/dns-answer.ts'
import {has} from '../../support/programs.ts'

const soa: DnsRecord = {
  name: 'example.com',
  ttlSeconds: 1_800,
  type: 'SOA',
  data: {mname: 'ns.test', rname: 'admin.test', serial: 7, refresh: 1, retry: 2, expire: 3, minimum: 60},
}
const a = (name: string, data: string): DnsRecord => ({name, ttlSeconds: 60, type: 'A', data})
const many = Array.from({length: 60}, (_, i) => a('many.example.com', `192.0.2.${i}`))

/** A fixed zone: what the server itself adds or drops is then plain to see. */
function zone(name: string, type: string): DnsAnswer {
  const held: Record<string, DnsRecord[]> = {
    'www.example.com': [a('www.example.com', '192.0.2.1'), a('www.example.com', '192.0.2.2')],
    'many.example.com': many,
    '_http._tcp.example.com': [
      {
        name: '_http._tcp.example.com',
        ttlSeconds: 60,
        type: 'SRV',
        data: {priority: 1, weight: 2, port: 80, target: 'www.example.com'},
      },
    ],
    'txt.example.com': [
      {
        name: 'txt.example.com',
        ttlSeconds: 60,
        type: 'TXT',
        data: [Buffer.from('one '), Buffer.from('two "2"')],
      },
    ],
  }
  if (!name.endsWith('example.com')) return {rcode: 'REFUSED', answers: [], authorities: []}
  const records = held[name]
  const answers = (records ?? []).filter(record => type === 'ANY' || record.type === type)
  return {rcode: records ? 'NOERROR' : 'NXDOMAIN', answers, authorities: answers.length ? [] : [soa]}
}

let server: DnsServer
beforeEach(async () => {
  server = await serveDns(zone)
})
afterEach(() => server.close())

type Reply = DecodedPacket & {rcode?: string}

const edns = (udpPayloadSize: number): Answer => ({
  name: '.',
  type: 'OPT',
  udpPayloadSize,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
})
const packet = (name: string, type: string, {flags = 0, size}: {flags?: number; size?: number} = {}) =>
  encode({
    type: 'query',
    id: 4242,
    flags,
    questions: [{name, type: type as RecordType, class: 'IN'}],
    additionals: size ? [edns(size)] : [],
  })

function askUdp(...messages: Buffer[]): Promise<{reply: Reply; bytes: number}> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.on('error', reject)
    socket.on('message', message => {
      socket.close()
      resolve({reply: decode(message), bytes: message.length})
    })
    for (const message of messages) socket.send(message, server.port, '127.0.0.1')
  })
}

function askTcp(...messages: Buffer[]): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    const replies: Reply[] = []
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => resolve(replies))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        replies.push(decode(received.subarray(2, 2 + received.readUInt16BE(0))))
        received = received.subarray(2 + received.readUInt16BE(0))
      }
      if (replies.length === messages.length) socket.end()
    })
    const framed = messages.map(message =>
      Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message]),
    )
    // In pieces that keep to no boundary: TCP promises none.
    const bytes = Buffer.concat(framed)
    socket.write(bytes.subarray(0, 5))
    socket.write(bytes.subarray(5))
  })
}

describe('over UDP', () => {
  test('answers with authority, the id and the question, in the case it was asked', async () => {
    const {reply} = await askUdp(packet('WwW.exAmple.com', 'A', {flags: 0x100}))
    expect(reply).toMatchObject({
      id: 4242,
      flag_aa: true,
      flag_rd: true,
      flag_ra: false,
      rcode: 'NOERROR',
      questions: [{name: 'WwW.exAmple.com'}],
    })
    expect(reply.answers).toMatchObject([
      {name: 'WwW.exAmple.com', ttl: 60, data: '192.0.2.1'},
      {name: 'WwW.exAmple.com', ttl: 60, data: '192.0.2.2'},
    ])
  })

  test.each([
    ['none.example.com', 'A', 'NXDOMAIN', true, ['SOA']],
    ['www.example.com', 'AAAA', 'NOERROR', true, ['SOA']],
    ['www.example.com', 'UNKNOWN_65', 'NOERROR', true, ['SOA']],
    ['www.example.net', 'A', 'REFUSED', false, []],
    ['example.com', 'AXFR', 'REFUSED', false, []],
  ])('%s %s is %s', async (name, type, rcode, authoritative, authorities) => {
    const {reply} = await askUdp(packet(name, type))
    expect(reply).toMatchObject({rcode, flag_aa: authoritative, answers: []})
    expect(reply.authorities?.map(record => record.type)).toEqual(authorities)
  })

  test('ANY gives every type', async () => {
    const {reply} = await askUdp(packet('www.example.com', 'ANY'))
    expect(reply.answers).toHaveLength(2)
  })

  test.each([
    ['512 bytes without EDNS0', undefined, true],
    ['the size the client offers', 1_232, true],
    ['4,096 bytes at most', 65_000, false],
    ['not under 512 bytes', 100, true],
  ])('an answer over %s is cut, and says so', async (_rule, size, cut) => {
    const {reply, bytes} = await askUdp(packet('many.example.com', 'A', size ? {size} : {}))
    expect(reply.flag_tc).toBe(cut)
    expect(reply.answers).toHaveLength(cut ? 0 : 60)
    expect(bytes).toBeLessThanOrEqual(Math.min(4_096, Math.max(512, size ?? 512)))
    expect(reply.additionals).toHaveLength(size ? 1 : 0)
  })

  test('another opcode is not implemented', async () => {
    expect((await askUdp(packet('www.example.com', 'A', {flags: 5 << 11}))).reply.rcode).toBe('NOTIMP')
  })

  test('what is no query is ignored, and the next query answered', async () => {
    const garbage = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.alloc(12),
      Buffer.alloc(600, 255),
      packet('www.example.com', 'A').subarray(0, 20),
      encode({type: 'response', id: 1, questions: [{name: 'www.example.com', type: 'A'}]}),
    ]
    const {reply} = await askUdp(...garbage, packet('www.example.com', 'A'))
    expect(reply.id).toBe(4242)
  })
})

describe('over TCP, on the same port', () => {
  test('answers are whole, and several may be asked on one connection', async () => {
    const [large, small] = await askTcp(packet('many.example.com', 'A'), packet('www.example.com', 'A'))
    expect(large).toMatchObject({flag_tc: false, flag_aa: true})
    expect(large?.answers).toHaveLength(60)
    expect(small?.answers).toHaveLength(2)
  })

  test('what is no query ends the connection, not the server', async () => {
    expect(await askTcp(Buffer.from('hello'))).toEqual([])
    expect((await askTcp(packet('www.example.com', 'A')))[0]?.answers).toHaveLength(2)
  })
})

test('a port taken for UDP alone is not half taken', async () => {
  const blocker = createSocket('udp4')
  await new Promise<void>(resolve => blocker.bind(0, '127.0.0.1', resolve))
  const {port} = blocker.address()
  await expect(serveDns(zone, {port})).rejects.toThrow('EADDRINUSE')
  await new Promise<void>(resolve => blocker.close(() => resolve()))
  await (await serveDns(zone, {port})).close()
})

describe.skipIf(!has('dig'))('as dig sees it (skipped where dig is not installed)', () => {
  const dig = async (...args: string[]) =>
    (await execa('dig', ['@127.0.0.1', '-p', String(server.port), '+tries=1', ...args])).stdout

  test('addresses, text, services', async () => {
    expect((await dig('+short', 'www.example.com', 'A')).split('\n').sort()).toEqual([
      '192.0.2.1',
      '192.0.2.2',
    ])
    expect(await dig('+short', 'txt.example.com', 'TXT')).toBe('"one " "two \\"2\\""')
    expect(await dig('+short', '_http._tcp.example.com', 'SRV')).toBe('1 2 80 www.example.com.')
  })

  test('a long answer comes over TCP by itself', async () => {
    expect(
      (await dig('+short', '+noedns', 'many.example.com', 'A')).split('\n').filter(line => /^192/.test(line)),
    ).toHaveLength(60)
    expect(await dig('+tcp', 'many.example.com', 'A')).toContain('(TCP)')
  })

  test('a name that is not there', async () => {
    const output = await dig('none.example.com', 'A')
    expect(output).toContain('status: NXDOMAIN')
    expect(output).toMatch(/flags: qr aa/)
    expect(output).toMatch(/example\.com\.\s+1800\s+IN\s+SOA/)
    expect(output).not.toContain('WARNING: Message parser reports malformed')
  })

  test.each(['HTTPS', 'ANY', 'TYPE65534'])('type %s does not upset it', async type => {
    expect(await dig('www.example.com', type)).toContain('status: NOERROR')
  })
})
