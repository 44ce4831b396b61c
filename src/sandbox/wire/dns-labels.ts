import {DOT_IN_LABEL} from '../world/dns-answer.ts'

/**
 * The codec joins labels with dots and knows no escapes, so the dot in `Version 1.0._http._tcp.example.com` would end its label:
 * before it reads and after it has written, DOT_IN_LABEL changes places with it.
 */

const DOT = 0x2e
const STAND_IN = DOT_IN_LABEL.charCodeAt(0)
const HEADER_BYTES = 12
/** Type and class. */
const QUESTION_FIXED_BYTES = 4
/** Type, class, TTL and length. */
const RECORD_FIXED_BYTES = 10
/** Record type → bytes of its data before the name in it: NS, CNAME, PTR, MX, SRV. */
const NAME_AFTER: Readonly<Record<number, number>> = {2: 0, 5: 0, 12: 0, 15: 2, 33: 6}

/** A query as the codec may read it. */
export function hideDots(query: Buffer): Buffer {
  const copy = Buffer.from(query)
  replaceInName(copy, HEADER_BYTES, DOT, STAND_IN)
  return copy
}

/** An answer that the codec wrote, as it goes out. The codec compresses no names. */
export function showDots(answer: Buffer): Buffer {
  let at = HEADER_BYTES
  for (let left = answer.readUInt16BE(4); left > 0; left--)
    at = replaceInName(answer, at, STAND_IN, DOT) + QUESTION_FIXED_BYTES
  const records = [6, 8, 10].reduce((sum, offset) => sum + answer.readUInt16BE(offset), 0)
  for (let left = records; left > 0; left--) {
    const fixed = replaceInName(answer, at, STAND_IN, DOT)
    const data = fixed + RECORD_FIXED_BYTES
    const before = NAME_AFTER[answer.readUInt16BE(fixed)]
    if (before !== undefined) replaceInName(answer, data + before, STAND_IN, DOT)
    at = data + answer.readUInt16BE(data - 2)
  }
  return answer
}

/** Within the labels of the name that begins here. Returns where what follows it begins; broken ones are the codec's to refuse. */
function replaceInName(message: Buffer, from: number, old: number, by: number): number {
  let at = from
  for (;;) {
    const length = message[at] ?? 0
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2
    const end = Math.min(at + 1 + length, message.length)
    for (let index = at + 1; index < end; index++) if (message[index] === old) message[index] = by
    at = end
  }
}
