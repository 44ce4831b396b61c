import {createSocket} from 'node:dgram'
import type {EventEmitter} from 'node:events'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  type OptAnswer,
  type Question,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet'
import type {DnsAnswer, DnsRecord} from '../world/dns-answer.ts'
import {hideDots, showDots} from './dns-labels.ts'

/** What the name servers of one vendor answer, by name and type (`A`, `ANY`, `UNKNOWN_65`). */
export type Authority = (name: string, type: string) => DnsAnswer

/** Without EDNS0 a UDP answer has at most this many bytes (RFC 1035 §4.2.1). */
const PLAIN_UDP_MAX_BYTES = 512
/** What we take, and the most we send over UDP, whatever the client offers. */
const EDNS_MAX_BYTES = 4_096
/** A port that is free for TCP may be taken for UDP: then another is tried. */
const PORT_ATTEMPTS = 10
const RCODES = {NOERROR: 0, FORMERR: 1, NOTIMP: 4, REFUSED: 5, NXDOMAIN: 3} as const
const TCP_IDLE_MS = 10_000

export type DnsServer = {readonly port: number; close(): Promise<void>}

/** An authoritative server over UDP and TCP on one port; port 0 picks a free one. */
export async function serveDns(
  answer: Authority,
  {host = '127.0.0.1', port = 0}: {host?: string; port?: number} = {},
): Promise<DnsServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await serveOn(answer, host, port)
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!taken || port !== 0 || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

async function serveOn(answer: Authority, host: string, port: number): Promise<DnsServer> {
  const connections = new Set<Socket>()
  const tcp = createServer(socket => {
    connections.add(socket)
    socket.on('close', () => connections.delete(socket))
    serveConnection(socket, answer)
  })
  const bound = await bind(
    tcp,
    () => tcp.listen(port, host),
    () => (tcp.address() as AddressInfo).port,
  )
  const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (message, {address, port: from}) => {
    const reply = answerDatagram(message, answer)
    if (reply) udp.send(reply, from, address, () => {})
  })
  try {
    await bind(
      udp,
      () => udp.bind(bound, host),
      () => undefined,
    )
  } catch (error) {
    tcp.close()
    throw error
  }
  // Later errors are about clients that went away before their answer came.
  udp.on('error', () => {})
  tcp.on('error', () => {})
  return {
    port: bound,
    close: async () => {
      for (const connection of connections) connection.destroy()
      await Promise.all([
        new Promise<void>(resolve => udp.close(() => resolve())),
        new Promise<void>(resolve => tcp.close(() => resolve())),
      ])
    },
  }
}

/** The reply to one datagram, cut to what the client can take; undefined for what is no query. */
function answerDatagram(message: Buffer, answer: Authority): Buffer | undefined {
  const query = parse(message)
  if (!query) return undefined
  const offered = ednsOf(query)?.udpPayloadSize ?? PLAIN_UDP_MAX_BYTES
  const limit = Math.min(Math.max(offered, PLAIN_UDP_MAX_BYTES), EDNS_MAX_BYTES)
  const reply = respond(query, answer)
  const whole = showDots(encode(reply))
  if (whole.length <= limit) return whole
  // Nothing rather than a part: the client asks again over TCP (RFC 2181 §9).
  return showDots(encode({...reply, answers: [], authorities: [], flags: reply.flags | TRUNCATED_RESPONSE}))
}

/** Messages over TCP carry their length in two bytes, several may follow each other (RFC 7766). */
function serveConnection(socket: Socket, answer: Authority): void {
  let pending = Buffer.alloc(0)
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0)
      const query = parse(pending.subarray(2, 2 + length))
      pending = pending.subarray(2 + length)
      if (!query) return socket.destroy()
      const reply = showDots(encode(respond(query, answer)))
      const prefix = Buffer.alloc(2)
      prefix.writeUInt16BE(reply.length)
      socket.write(Buffer.concat([prefix, reply]))
    }
  })
}

type Query = DecodedPacket & {opcode?: string}

/** A query with exactly one question; undefined for everything else, which is ignored. */
function parse(message: Buffer): Query | undefined {
  try {
    const packet = decode(hideDots(message)) as Query
    return packet.type === 'query' && packet.questions?.length === 1 ? packet : undefined
  } catch {
    return undefined
  }
}

function respond(query: Query, answer: Authority) {
  const [question] = query.questions as [Question]
  const found = lookUp(query, question, answer)
  const authoritative = found.rcode === 'NOERROR' || found.rcode === 'NXDOMAIN'
  return {
    type: 'response' as const,
    id: query.id ?? 0,
    flags:
      (query.flag_rd ? RECURSION_DESIRED : 0) |
      (authoritative ? AUTHORITATIVE_ANSWER : 0) |
      RCODES[found.rcode],
    // Byte for byte as asked: resolvers hide randomness in the case of the letters.
    questions: [question],
    answers: found.answers.map(record => toPacket(record, question.name)),
    authorities: found.authorities.map(record => toPacket(record, question.name)),
    additionals: ednsOf(query) ? [OUR_EDNS] : [],
  }
}

type Found = Omit<DnsAnswer, 'rcode'> & {rcode: keyof typeof RCODES}

function lookUp({opcode = 'QUERY'}: Query, question: Question, answer: Authority): Found {
  const nothing = {answers: [], authorities: []}
  if (opcode !== 'QUERY') return {rcode: 'NOTIMP', ...nothing}
  if (question.class !== 'IN' && question.class !== 'ANY') return {rcode: 'REFUSED', ...nothing}
  if (question.type === 'AXFR' || question.type === 'IXFR') return {rcode: 'REFUSED', ...nothing}
  return answer(question.name.toLowerCase(), question.type)
}

/** Owner names equal to the name asked for take its case. */
function toPacket({name, ttlSeconds, type, data}: DnsRecord, asked: string): Answer {
  const owner = name === asked.toLowerCase() ? asked : name
  // dns-packet turns the strings of a TXT list into buffers in place: it gets its own list.
  return {name: owner, type, ttl: ttlSeconds, data: type === 'TXT' ? [...data] : data} as Answer
}

function ednsOf({additionals = []}: Query): OptAnswer | undefined {
  return additionals.find((record): record is OptAnswer => record.type === 'OPT')
}

const OUR_EDNS: OptAnswer = {
  name: '.',
  type: 'OPT',
  udpPayloadSize: EDNS_MAX_BYTES,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
}

function bind<T>(socket: EventEmitter, begin: () => void, result: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('listening', () => {
      socket.off('error', reject)
      resolve(result())
    })
    begin()
  })
}
