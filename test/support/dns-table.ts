import {lowerCase} from '../../src/dns/presentation.ts'
import type {DnsReply} from '../../src/dns/query.ts'
import type {Ask} from '../../src/dns/resolver.ts'

/**
 * Answers from a table: `name TYPE value`, a line each; TXT strings are separated by ` | `. `bytes` is the size of an answer, by
 * `TYPE name`.
 */
export function dnsTable(text: string, bytes: Readonly<Record<string, number>> = {}): Ask {
  const records = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => /^(\S+) (\S+) ?(.*)$/.exec(line) ?? [])
    .map(([, name = '', type = '', value = '']) => ({name: lowerCase(name), type, value}))
  return async (name, type): Promise<DnsReply> => {
    const here = records.filter(record => record.name === lowerCase(name))
    return {
      rcode: here.length > 0 ? 'NOERROR' : 'NXDOMAIN',
      authoritative: true,
      bytes: bytes[`${type} ${name}`] ?? 100,
      answers: here
        .filter(record => record.type === type || record.type === 'CNAME')
        .map(record => ({
          ...record,
          ttlSeconds: 60,
          ...(record.type === 'TXT' && {strings: record.value.split(' | ')}),
        })),
    }
  }
}

/** A service that is as it should be: one instance on two machines. */
export const SOUND = `
_services._dns-sd._udp.example.com PTR _http._tcp.example.com
_http._tcp.example.com PTR v1._http._tcp.example.com
v1._http._tcp.example.com TXT path=/
v1._http._tcp.example.com SRV 0 1 80 i-1.www.example.com
v1._http._tcp.example.com SRV 0 1 80 i-2.www.example.com
i-1.www.example.com A 192.0.2.1
i-2.www.example.com A 192.0.2.2
i-2.www.example.com AAAA 2001:db8::2
`
