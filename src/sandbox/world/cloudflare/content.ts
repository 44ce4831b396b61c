import {isIPv4, isIPv6} from 'node:net'
import {canonical, isHostName} from './names.ts'
import {RECORD_MAX_BYTES} from './plan.ts'
import {contentTooLong, invalidContent, invalidType, selfReference} from './refusals.ts'
import {quoted, txtStrings} from './txt.ts'

/** The types this world models. CERT, DS, HTTPS, LOC and the other exotic ones are refused as invalid. */
export const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SRV', 'TXT'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

export type RecordData = Readonly<Record<string, string | number>>
/** What a record holds: `data` for SRV and CAA, `priority` for MX and SRV. */
export type Content = {readonly content: string; readonly data?: RecordData; readonly priority?: number}
export type ContentInput = {content?: unknown; data?: unknown; priority?: unknown}

export function recordType(input: unknown): RecordType {
  const type = RECORD_TYPES.find(known => known === input)
  if (!type) throw invalidType(input ?? '')
  return type
}

/** Checks what a record is to hold and puts it into the form in which CloudFlare shows it. */
export function recordContent(type: RecordType, name: string, input: ContentInput): Content {
  switch (type) {
    case 'A':
      return {content: address(input.content, isIPv4, invalidContent.A)}
    case 'AAAA':
      return {content: canonicalIpv6(address(input.content, isIPv6, invalidContent.AAAA))}
    case 'CNAME': {
      const content = host(input.content, invalidContent.CNAME)
      if (content === name) throw selfReference()
      return {content}
    }
    case 'NS':
    case 'PTR':
      return {content: host(input.content, invalidContent[type])}
    case 'MX':
      return {
        content: host(input.content, invalidContent.MX),
        priority: uint16(input.priority, invalidContent.MX),
      }
    case 'TXT':
      return {content: txt(input.content)}
    case 'SRV':
      return srv(name, input.data)
    case 'CAA':
      return caa(input.data)
  }
}

function address(content: unknown, valid: (text: string) => boolean, refuse: () => Error): string {
  if (typeof content !== 'string' || !valid(content)) throw refuse()
  return content
}

function canonicalIpv6(text: string): string {
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

function host(content: unknown, refuse: () => Error): string {
  if (typeof content !== 'string') throw refuse()
  const name = canonical(content)
  // A dotted quad is a valid host name by its letters, and always a mistake.
  if (!isHostName(name) || isIPv4(name)) throw refuse()
  return name
}

function txt(content: unknown): string {
  if (typeof content !== 'string' || content.trim() === '') throw invalidContent.TXT()
  const strings = txtStrings(content)
  if (!strings) throw invalidContent.TXT()
  const wireBytes = strings.reduce((sum, string) => sum + 1 + string.length, 0)
  if (wireBytes > RECORD_MAX_BYTES) throw contentTooLong()
  return quoted(strings)
}

function srv(name: string, data: unknown): Content {
  const refuse = (why: string) => () => invalidContent.SRV(why)
  if (!isObject(data)) throw invalidContent.SRV('"data" is required')
  if (!/^_[^.]+\._[^.]+\./.test(name)) throw invalidContent.SRV('the name must begin with _service._proto')
  const [priority, weight, port] = (['priority', 'weight', 'port'] as const).map(key =>
    uint16(data[key], refuse(`"${key}" must be a number from 0 to 65535`)),
  ) as [number, number, number]
  // A lone dot says that the service is decidedly not available here (RFC 2782).
  const target = data.target === '.' ? '.' : host(data.target, refuse('"target" must be a host name'))
  return {content: `${weight} ${port} ${target}`, priority, data: {priority, weight, port, target}}
}

function caa(data: unknown): Content {
  if (!isObject(data)) throw invalidContent.CAA('"data" is required')
  const {flags, tag, value} = data
  if (typeof flags !== 'number' || !Number.isInteger(flags) || flags < 0 || flags > 255) {
    throw invalidContent.CAA('"flags" must be a number from 0 to 255')
  }
  if (tag !== 'issue' && tag !== 'issuewild' && tag !== 'iodef') throw invalidContent.CAA('"tag" is unknown')
  if (typeof value !== 'string') throw invalidContent.CAA('"value" is required')
  return {content: `${flags} ${tag} "${value}"`, data: {flags, tag, value}}
}

function uint16(value: unknown, refuse: () => Error): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535) throw refuse()
  return value
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
