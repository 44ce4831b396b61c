/** What a dot inside a label is in names here, where dots part labels: no name that people give may hold it (RFC 6763 §4.1.1). */
export const DOT_IN_LABEL = '\x1f'

/**
 * One resource record as an authoritative server puts it into an answer. `name` is as dns-packet takes it: without final
 * dot, without escapes. `data` has dns-packet's own shape for the type, so that encoding is `ttl: ttlSeconds` and nothing else.
 */
export type DnsRecord = {readonly name: string; readonly ttlSeconds: number} & DnsData

export type DnsData =
  | {readonly type: 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR'; readonly data: string}
  /** The character strings, 255 bytes each at most. */
  | {readonly type: 'TXT'; readonly data: readonly Buffer[]}
  | {readonly type: 'MX'; readonly data: {readonly preference: number; readonly exchange: string}}
  | {
      readonly type: 'SRV'
      readonly data: {
        readonly priority: number
        readonly weight: number
        readonly port: number
        readonly target: string
      }
    }
  | {
      readonly type: 'CAA'
      readonly data: {readonly flags: number; readonly tag: string; readonly value: string}
    }
  | {readonly type: 'SOA'; readonly data: SoaData}

export type SoaData = {
  readonly mname: string
  readonly rname: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** Seconds a resolver may remember that a name does not exist (RFC 2308). */
  readonly minimum: number
}

/** What a vendor's name servers answer. Authoritative unless REFUSED, which is for names in none of its zones. */
export type DnsAnswer = {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED'
  readonly answers: readonly DnsRecord[]
  /** NOERROR without answers (no such type) and NXDOMAIN carry the zone's SOA here. */
  readonly authorities: readonly DnsRecord[]
}
