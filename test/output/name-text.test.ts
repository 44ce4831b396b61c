import {expect, test} from 'vitest'
import type {NameStatus} from '../../src/fleet/status/report.ts'
import {nameText} from '../../src/output/name-text.ts'

const record = (value: string, instance?: string) => ({
  value,
  owned: instance !== undefined,
  ttlSeconds: 60,
  ...(instance === undefined ? {} : {instance}),
})
const name: NameStatus = {
  provider: 'route53',
  name: 'www.example.com',
  type: 'A',
  ttlSeconds: 60,
  readable: true,
  records: [record('192.0.2.10', 'i-0abc'), record('203.0.113.7')],
}
const answer = (value: string) => ({value, ttlSeconds: 41})

test('beside each address stands who answers it, and what is answered alone comes last', () => {
  const remark = 'ns2 still answers 192.0.2.7, which run 12345678 removed 12 s ago: resolvers may hold it'
  const answers = {
    servers: [
      {server: 'ns1', records: ['192.0.2.10', '203.0.113.7'].map(answer)},
      {server: 'ns2', records: ['192.0.2.7', '192.0.2.10'].map(answer), remark},
    ],
    resolvers: [{server: '1.1.1.1'}],
  }
  expect(nameText({...name, answers}, 80).split('\n')).toEqual([
    'www.example.com in route53, TTL 60 s:',
    '  ADDRESS      INSTANCE  IN ZONE  SERVERS  RESOLVERS',
    '  192.0.2.10   i-0abc    yes      2 of 2   silent',
    '  203.0.113.7  not ours  yes      1 of 2   silent',
    '  192.0.2.7              no       1 of 2   silent',
    '  ns2 still answers 192.0.2.7, which run 12345678 removed 12 s ago: resolvers',
    '    may hold it.',
    '  No answer from 1.1.1.1.',
  ])
})

test('where nobody was asked the zone stands alone', () => {
  expect(nameText(name)).toBe(
    'www.example.com in route53, TTL 60 s:\n  192.0.2.10       i-0abc\n  203.0.113.7      not ours',
  )
})

test('of a proxied name it is said why nobody is counted', () => {
  expect(nameText({...name, proxied: true}).split('\n')[0]).toBe(
    "www.example.com in route53, proxied (it answers with the vendor's own addresses):",
  )
})

test('a zone that could not be read still shows who is silent', () => {
  const answers = {servers: [], resolvers: [{server: '1.1.1.1'}]}
  expect(nameText({...name, readable: false, records: [], answers})).toBe(
    'www.example.com in route53, TTL 60 s: could not be read\n  No answer from 1.1.1.1.',
  )
})
