import {formatName, parseName} from './presentation.ts'

/**
 * Names in DNS messages (RFC 1035 §4.1). The codec joins labels with dots and knows no escapes, so a label with a dot in it, as
 * DNS-SD has them, would become two: names are read and written here.
 */

const HEADER_BYTES = 12
/** Type and class; in a record, TTL and length follow. */
const QUESTION_FIXED_BYTES = 4
const RECORD_FIXED_BYTES = 10
/** Record type → bytes of its data before the name in it. */
const NAME_AFTER: Readonly<Record<number, number>> = {2: 0, 5: 0, 12: 0, 15: 2, 33: 6}

/** The query with this name for the root, which it was made with. */
export function withQuestion(query: Buffer, name: string): Buffer {
  const labels = parseName(name).flatMap(label => [Buffer.of(label.length), label])
  return Buffer.concat([query.subarray(0, HEADER_BYTES), ...labels, query.subarray(HEADER_BYTES)])
}

export type MessageNames = {
  readonly asked: string | undefined
  /** Owner and, for NS, CNAME, PTR, MX and SRV, the name in the data, of each answer in turn. */
  readonly answers: readonly {readonly owner: string; readonly target?: string}[]
}

/** The names of a message, in presentation form. Throws for a broken one. */
export function namesOf(message: Buffer): MessageNames {
  let at = HEADER_BYTES
  let asked: string | undefined
  for (let left = message.readUInt16BE(4); left > 0; left--) {
    const question = readName(message, at)
    asked ??= question.name
    at = question.next + QUESTION_FIXED_BYTES
  }
  const answers: {owner: string; target?: string}[] = []
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    const {name: owner, next} = readName(message, at)
    const data = next + RECORD_FIXED_BYTES
    const before = NAME_AFTER[message.readUInt16BE(next)]
    answers.push({owner, ...(before !== undefined && {target: readName(message, data + before).name})})
    at = data + message.readUInt16BE(data - 2)
  }
  return {asked, answers}
}

/** The name that begins here, and where what follows it begins. A pointer leads to what came before it, so this ends. */
function readName(message: Buffer, from: number): {name: string; next: number} {
  const labels: Buffer[] = []
  let next: number | undefined
  let earliest = from
  for (let at = from; ; ) {
    const length = message.readUInt8(at)
    if (length === 0) return {name: formatName(labels), next: next ?? at + 1}
    if (length >= 0xc0) {
      next ??= at + 2
      at = message.readUInt16BE(at) & 0x3fff
      if (at >= earliest) throw new Error('a name points forward')
      earliest = at
    } else {
      labels.push(message.subarray(at + 1, at + 1 + length))
      at += 1 + length
    }
  }
}
