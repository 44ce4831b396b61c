import {isIPv4, isIPv6} from 'node:net'
import type {DnsData} from '../dns-answer.ts'
import {characterStrings} from './character-strings.ts'
import {plainName, storedName} from './names.ts'
import type {RecordType} from './record-set.ts'

/**
 * What one value of this type means on the wire of the DNS, or what is wrong with it in Route53's words.
 * Source: Route 53 Developer Guide, "Supported DNS record types".
 */
export function readValue(type: RecordType, value: string): {data: DnsData} | {problem: string} {
  const refuse = (problem: string) => ({problem: `FATAL problem: ${problem} encountered with '${value}'`})
  const fields = value.split(' ')
  switch (type) {
    case 'A':
      if (fields.length > 1) return refuse('ARRDATANotSingleField (Value contains spaces)')
      return isIPv4(value)
        ? {data: {type, data: value}}
        : refuse('ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)')
    case 'AAAA':
      if (fields.length > 1) return refuse('AAAARRDATANotSingleField (Value contains spaces)')
      return isIPv6(value) && !value.includes('%')
        ? {data: {type, data: value}}
        : refuse('AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)')
    case 'CNAME':
    case 'NS':
    case 'PTR': {
      // What a pointer leads to may be for people to read (RFC 6763 §4.1.1): it is answered as it was written.
      const target = hostName(value, {keepCase: type === 'PTR'})
      return 'problem' in target ? target : {data: {type, data: target.host}}
    }
    case 'MX': {
      const [preference, exchange] = fields
      if (fields.length !== 2) return refuse('MXRRDATANotTwoFields (MX record must have 2 fields)')
      if (!isUint16(preference)) return refuse('MXRRDATABadPreference (MX preference is not a 16-bit number)')
      const target = hostName(exchange ?? '')
      if ('problem' in target) return target
      return {data: {type, data: {preference: Number(preference), exchange: target.host}}}
    }
    case 'SRV': {
      const [priority, weight, port, targetName] = fields
      if (fields.length !== 4) return refuse('SRVRRDATANotFourFields (SRV record must have 4 fields)')
      if (!isUint16(priority) || !isUint16(weight) || !isUint16(port))
        return refuse('SRVRRDATABadNumber (SRV priority, weight and port are 16-bit numbers)')
      // A lone dot says that the service is decidedly not available here (RFC 2782).
      const target = targetName === '.' ? {host: '.'} : hostName(targetName ?? '')
      if ('problem' in target) return target
      return {
        data: {
          type,
          data: {priority: Number(priority), weight: Number(weight), port: Number(port), target: target.host},
        },
      }
    }
    case 'TXT': {
      const read = characterStrings(value)
      return 'problem' in read ? refuse(read.problem) : {data: {type, data: read.strings}}
    }
    case 'CAA': {
      const match = /^(\d{1,3}) ([a-z0-9]+) "((?:[^"\\]|\\.)*)"$/.exec(value)
      if (!match || Number(match[1]) > 255)
        return refuse('CAARRDATAInvalid (CAA record must be: flags tag "value")')
      return {data: {type, data: {flags: Number(match[1]), tag: match[2] ?? '', value: match[3] ?? ''}}}
    }
    case 'SOA':
      return readSoa(fields) ?? refuse('SOARRDATANotSevenFields (SOA record must have 7 fields)')
  }
}

function hostName(text: string, options?: {keepCase: boolean}): {host: string} | {problem: string} {
  const stored = storedName(text, options)
  return 'problem' in stored ? stored : {host: plainName(stored.name)}
}

function readSoa(fields: readonly string[]): {data: DnsData} | undefined {
  const [mname = '', rname = '', ...rest] = fields
  const numbers = rest.map(Number)
  const [serial, refresh, retry, expire, minimum] = numbers as [number, number, number, number, number]
  if (fields.length !== 7 || !numbers.every(Number.isSafeInteger)) return undefined
  const soa = {
    mname: mname.replace(/\.$/, ''),
    rname: rname.replace(/\.$/, ''),
    serial,
    refresh,
    retry,
    expire,
    minimum,
  }
  return {data: {type: 'SOA', data: soa}}
}

const isUint16 = (text: string | undefined): boolean => /^\d{1,5}$/.test(text ?? '') && Number(text) <= 65_535
