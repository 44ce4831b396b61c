import {parseName} from './presentation.ts'

/** What a resolver without EDNS takes over UDP (RFC 1035 §4.2.1), and what most others do since the DNS flag day of 2020. */
export const UDP_BYTES = {plain: 512, usual: 1232} as const

const HEADER_BYTES = 12
/** Type and class. */
const QUESTION_FIXED_BYTES = 4
/** A pointer to the name in the question, type, class, TTL and the length of the data. */
const RECORD_FIXED_BYTES = 12
/** The EDNS record that an answer to a query with one carries (RFC 6891). */
const OPT_BYTES = 11

export const ADDRESS_BYTES = {A: 4, AAAA: 16} as const
/** Priority, weight and port; the target is never compressed (RFC 2782). */
export const srvBytes = (target: string): number => 6 + nameBytes(target)

/** The bytes of an answer about this name with so many records of equal data, as authorities write it: names compressed. */
export const answerBytes = (name: string, records: number, dataBytes: number): number =>
  HEADER_BYTES +
  nameBytes(name) +
  QUESTION_FIXED_BYTES +
  records * (RECORD_FIXED_BYTES + dataBytes) +
  OPT_BYTES

const nameBytes = (name: string): number => parseName(name).reduce((sum, label) => sum + 1 + label.length, 1)
