import {createSocket} from 'node:dgram'
import {connect, isIPv6} from 'node:net'
import {type Answer, type DecodedPacket, decode, encode, type RecordType} from 'dns-packet'
import {McdError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'

export type NameServer = {
  /** Name or address. */
  readonly host: string
  /** 53 unless told otherwise. */
  readonly port?: number
}

/** One answer. `value` is what people write: an address, a host name, joined TXT text, `priority weight port target`. */
export type AnsweredRecord = {
  readonly name: string
  readonly type: string
  readonly ttlSeconds: number
  readonly value: string
}

export type DnsReply = {
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, … */
  readonly rcode: string
  readonly authoritative: boolean
  readonly answers: readonly AnsweredRecord[]
}

/** No answer came: nothing listens, nothing came back in time, or what came back was no answer to our question. */
export class NoAnswerError extends McdError {
  override name = 'NoAnswerError'
}

const EDNS_BYTES = 1_232

/**
 * Asks one name server one question, without recursion: over UDP, and over TCP where the answer does not fit. Throws
 * NoAnswerError after `timeoutMs` of the runtime's clock, and the runtime's own reason when the run is interrupted.
 */
export async function query(
  server: NameServer,
  name: string,
  type: string,
  {timeoutMs, runtime}: {timeoutMs: number; runtime: Pick<Runtime, 'sleep' | 'random'>},
): Promise<DnsReply> {
  const question: Asked = {
    id: Math.floor(runtime.random() * 65_536),
    name: name.toLowerCase(),
    type: type.toUpperCase(),
  }
  const at = `${server.host}:${server.port ?? 53}`
  const done = new AbortController()
  const late = runtime.sleep(timeoutMs, done.signal).then(() => {
    throw new NoAnswerError(`Name server ${at} did not answer ${type} ${name} within ${timeoutMs / 1000} s`)
  })
  // Called off below once the answer is there.
  late.catch(() => {})
  try {
    const first = await Promise.race([overUdp(server, question, done.signal), late])
    const whole = first.flag_tc ? await Promise.race([overTcp(server, question, done.signal), late]) : first
    return toReply(whole)
  } catch (error) {
    if (error instanceof McdError || !isSocketError(error)) throw error
    throw new NoAnswerError(`Name server ${at} could not be asked for ${type} ${name}: ${error.message}`, {
      cause: error,
    })
  } finally {
    done.abort()
  }
}

type Asked = {readonly id: number; readonly name: string; readonly type: string}
type Packet = DecodedPacket & {readonly rcode?: string}

function overUdp({host, port = 53}: NameServer, question: Asked, until: AbortSignal): Promise<Packet> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({type: isIPv6(host) ? 'udp6' : 'udp4', signal: until})
    socket.on('error', reject)
    socket.on('message', message => {
      const packet = parse(message, question)
      // Anything else is a stray or forged packet: the answer may still come.
      if (packet) resolve(packet)
    })
    // Connected, so that only this server is heard and "port unreachable" arrives as an error.
    socket.connect(port, host, (error?: Error) => {
      if (error) reject(error)
      else if (!until.aborted) socket.send(packed(question))
    })
  })
}

function overTcp({host, port = 53}: NameServer, question: Asked, until: AbortSignal): Promise<Packet> {
  return new Promise((resolve, reject) => {
    const socket = connect({host, port, signal: until})
    let received = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('connect', () => socket.write(withLength(packed(question))))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      const packet = parse(received.subarray(2, 2 + received.readUInt16BE(0)), question)
      if (packet) resolve(packet)
      else
        reject(
          new NoAnswerError(
            `Name server ${host}:${port} answered another question than ${question.type} ${question.name}`,
          ),
        )
    })
    socket.on('end', () =>
      reject(new NoAnswerError(`Name server ${host}:${port} closed the connection without an answer`)),
    )
  })
}

function packed({id, name, type}: Asked): Buffer {
  const edns = {
    name: '.',
    type: 'OPT',
    udpPayloadSize: EDNS_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
  return encode({
    type: 'query',
    id,
    questions: [{name, type: type as RecordType, class: 'IN'}],
    additionals: [edns as Answer],
  })
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** The packet when it answers exactly this question; undefined otherwise. */
function parse(message: Buffer, {id, name, type}: Asked): Packet | undefined {
  try {
    const packet = decode(message) as Packet
    const [question] = packet.questions ?? []
    const ours =
      packet.type === 'response' &&
      packet.id === id &&
      question?.name.toLowerCase() === name &&
      question.type === type
    return ours ? packet : undefined
  } catch {
    return undefined
  }
}

function toReply({rcode = 'NOERROR', flag_aa, answers = []}: Packet): DnsReply {
  return {
    rcode,
    authoritative: flag_aa,
    answers: answers.flatMap(record =>
      record.type === 'OPT'
        ? []
        : {
            name: record.name.toLowerCase(),
            type: record.type,
            ttlSeconds: record.ttl ?? 0,
            value: textOf(record),
          },
    ),
  }
}

function textOf(record: Exclude<Answer, {type: 'OPT'}>): string {
  switch (record.type) {
    case 'TXT':
      return Buffer.concat([record.data].flat().map(part => Buffer.from(part))).toString('utf8')
    case 'SRV':
      return `${record.data.priority} ${record.data.weight} ${record.data.port} ${hostOf(record.data.target)}`
    case 'MX':
      return `${record.data.preference} ${hostOf(record.data.exchange)}`
    case 'SOA':
      return `${record.data.mname} ${record.data.rname} ${record.data.serial}`
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return hostOf(record.data)
    case 'A':
    case 'AAAA':
      return record.data
    default:
      return Buffer.isBuffer(record.data) ? record.data.toString('hex') : JSON.stringify(record.data)
  }
}

const hostOf = (name: string) => name.toLowerCase()

function isSocketError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}
