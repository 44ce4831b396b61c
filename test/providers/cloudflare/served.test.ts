import {expect, test} from 'vitest'
import type {DnsReply} from '../../../src/dns/query.ts'
import {askAll, type Verdict} from '../../../src/providers/cloudflare/served.ts'
import type {Member} from '../../../src/providers/dns.ts'

const NAME = 'www.example.com'
const removed: Member[] = [{name: NAME, type: 'A', value: '192.0.2.1', ttlSeconds: 60}]
const answer = (...values: string[]): DnsReply => ({
  rcode: 'NOERROR',
  authoritative: true,
  answers: values.map(value => ({name: NAME, type: 'A', ttlSeconds: 60, value})),
})
const nxdomain: DnsReply = {rcode: 'NXDOMAIN', authoritative: true, answers: []}

test.each([
  ['served when no server answers with it', {ada: answer('192.0.2.2'), bob: nxdomain}, 'gone'],
  [
    'not served while one still does',
    {ada: answer('192.0.2.2'), bob: answer('192.0.2.2', '192.0.2.1')},
    'answered',
  ],
  ['not served while one keeps silent', {ada: nxdomain}, 'silent'],
  ['not served while one has trouble', {ada: nxdomain, bob: {...nxdomain, rcode: 'SERVFAIL'}}, 'silent'],
  [
    'not served where one knows nothing of the zone',
    {ada: nxdomain, bob: {...nxdomain, rcode: 'REFUSED'}},
    'silent',
  ],
] as [string, Record<string, DnsReply>, Verdict][])('%s', async (_rule, servers, served) => {
  const ask = async (nameServer: string) => servers[nameServer] ?? Promise.reject(new Error('silence'))
  expect(await askAll(['ada', 'bob'], removed, ask)).toBe(served)
})

test('not served where nobody is known who could tell', async () => {
  expect(await askAll([], removed, async () => nxdomain)).toBe('silent')
})

test('each name and type is asked for once', async () => {
  const asked: string[] = []
  const more = [
    ...removed,
    {...removed[0], value: '192.0.2.3'} as Member,
    {...removed[0], type: 'TXT', value: 'x'} as Member,
  ]
  await askAll(['ada'], more, async (server, name, type) => {
    asked.push(`${server} ${name} ${type}`)
    return nxdomain
  })
  expect(asked).toEqual([`ada ${NAME} A`, `ada ${NAME} TXT`])
})
