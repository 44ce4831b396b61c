import {createSocket} from 'node:dgram'
import {connect, isIPv6} from 'node:net'
import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_DESIRED,
  type RecordType,
  type TxtData,
} from 'dns-packet'
import {McdError} from '../errors.ts'
import type {Runtime} from '../runtime.ts'
import {canonical, lowerCase} from './presentation.ts'
import {namesOf, withQuestion} from './wire-names.ts'

export type NameServer = {
  /** Name or address. */
  readonly host: string
  /** 53 unless told otherwise. */
  readonly port?: number
}

/**
 * One answer. `value` is what people write: an address, a host name, joined TXT text, `priority weight port target`. Names
 * are in presentation form.
 */
export type AnsweredRecord = {
  readonly name: string
  readonly type: string
  readonly ttlSeconds: number
  readonly value: string
  /** The single strings of a TXT. */
  readonly strings?: readonly string[]
}

export type DnsReply = {
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, … */
  readonly rcode: string
  readonly authoritative: boolean
  readonly answers: readonly AnsweredRecord[]
  /** Size of the whole answer. */
  readonly bytes?: number
}

/** No answer came: nothing listens, nothing came back in time, or what came back was no answer to our question. */
export class NoAnswerError extends McdError {
  override name = 'NoAnswerError'
}

const EDNS_BYTES = 1_232

export type QueryOptions = {
  readonly timeoutMs: number
  readonly runtime: Pick<Runtime, 'sleep' | 'random'>
  /** Whether a resolver shall ask others for it. */
  readonly recursive?: boolean
}

/**
 * Asks one name server one question, without recursion unless told: over UDP, and over TCP where the answer does not fit.
 * `name` is in presentation form. Throws NoAnswerError after `timeoutMs` of the runtime's clock, UsageError for what is no name,
 * and the runtime's own reason when the run is interrupted.
 */
export async function query(
  server: NameServer,
  name: string,
  type: string,
  {timeoutMs, runtime, recursive = false}: QueryOptions,
): Promise<DnsReply> {
  const question: Asked = {
    id: Math.floor(runtime.random() * 65_536),
    name: lowerCase(name),
    type: type.toUpperCase(),
    recursive,
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

type Asked = {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly recursive: boolean
}
type Packet = DecodedPacket & {readonly rcode?: string; readonly message: Buffer}

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

function packed({id, name, type, recursive}: Asked): Buffer {
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
  const message = encode({
    type: 'query',
    id,
    flags: recursive ? RECURSION_DESIRED : 0,
    questions: [{name: '.', type: type as RecordType, class: 'IN'}],
    additionals: [edns as Answer],
  })
  return withQuestion(message, name)
}

function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** The packet when it answers exactly this question; undefined otherwise. */
function parse(message: Buffer, {id, name, type}: Asked): Packet | undefined {
  try {
    const packet = {...decode(message), message} as Packet
    const {asked} = namesOf(message)
    const ours =
      packet.type === 'response' &&
      packet.id === id &&
      asked !== undefined &&
      canonical(asked) === canonical(name) &&
      packet.questions?.[0]?.type === type
    return ours ? packet : undefined
  } catch {
    return undefined
  }
}

function toReply({rcode = 'NOERROR', flag_aa, answers = [], message}: Packet): DnsReply {
  const names = namesOf(message).answers
  return {
    rcode,
    authoritative: flag_aa,
    bytes: message.length,
    answers: answers.flatMap((record, index) =>
      record.type === 'OPT'
        ? []
        : {
            name: lowerCase(names[index]?.owner ?? record.name),
            type: record.type,
            ttlSeconds: record.ttl ?? 0,
            value: textOf(record, names[index]?.target),
            ...(record.type === 'TXT' && {strings: stringsOf(record.data)}),
          },
    ),
  }
}

/** `target` is the name that the data ends with, where it ends with one. */
function textOf(record: Exclude<Answer, {type: 'OPT'}>, target = ''): string {
  switch (record.type) {
    case 'TXT':
      return stringsOf(record.data).join('')
    case 'SRV':
      return `${record.data.priority} ${record.data.weight} ${record.data.port} ${lowerCase(target)}`
    case 'MX':
      return `${record.data.preference} ${lowerCase(target)}`
    case 'SOA':
      return `${record.data.mname} ${record.data.rname} ${record.data.serial}`
    case 'PTR':
      // The label of a service is for people to read: it keeps its case.
      return target
    case 'CNAME':
    case 'NS':
      return lowerCase(target)
    case 'A':
    case 'AAAA':
      return record.data
    default:
      return Buffer.isBuffer(record.data) ? record.data.toString('hex') : JSON.stringify(record.data)
  }
}

const stringsOf = (data: TxtData): string[] => [data].flat().map(part => Buffer.from(part).toString('utf8'))

function isSocketError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}
