import {expect, test} from 'vitest'
import type {DnsName} from '../../../src/fleet/model.ts'
import type {ServerAnswer} from '../../../src/fleet/outside.ts'
import {anybodyRemembers, judgeAnswers} from '../../../src/fleet/status/answers.ts'
import type {HeardName} from '../../../src/fleet/status/hear.ts'
import {removalKey, removalsOf} from '../../../src/fleet/status/removals.ts'
import type {StoredEvent} from '../../../src/journal/events.ts'
import type {DnsChange} from '../../../src/providers/dns.ts'
import {dnsName, fleet, group, instance, NOW_MS, observed, record, ZONE} from '../../support/fleet-builder.ts'

const [one, two, gone] = [instance('i-1'), instance('i-2'), instance('i-7')]
const says = (server: string, ...values: string[]): ServerAnswer => ({
  server,
  records: values.map(value => ({value, ttlSeconds: 41})),
})
const BOTH = ['192.0.2.1', '192.0.2.2']
const OURS: ServerAnswer = {
  server: 'r',
  records: [{value: 'ns1.example.net', ttlSeconds: 3_600}],
}

/** Of a zone that holds both addresses, and lost that of a third by this journal's run some seconds ago. */
function judge(
  heard: Partial<HeardName>,
  {removedAgoMs, ...name}: Partial<DnsName> & {removedAgoMs?: number} = {},
) {
  const of = fleet([group('virginia', 2)], {names: [dnsName(name)]})
  const seen = {
    ...observed({instances: [one, two], members: [record(one), record(two)]}),
    zones: new Map([
      [
        ZONE,
        {id: 'z', name: 'example.com', account: 'a', nameServers: ['ns1.example.net', 'ns2.example.net']},
      ],
    ]),
  }
  const key = removalKey(ZONE, 'www.example.com', gone.publicIp ?? '')
  const removals = new Map(
    removedAgoMs === undefined
      ? []
      : [[key, {atMs: NOW_MS - removedAgoMs, run: '1234567890', ttlSeconds: 60}] as const],
  )
  const all = new Map([
    ['cloudflare/www.example.com', {servers: [], resolvers: [], delegations: [], ...heard}] as const,
  ])
  const {answers, differences} = judgeAnswers(of, seen, all, removals)
  const {servers = [], resolvers = []} = answers.get('cloudflare/www.example.com') ?? {}
  return {
    remarks: [...servers, ...resolvers].map(({remark}) => remark),
    kinds: differences.map(({kind}) => kind),
    fixes: differences.map(({fix}) => fix),
    isAnybodyWrong: anybodyRemembers(of, seen, all),
  }
}

test('servers and resolvers that answer what the zone holds, in whatever order, are no news', () => {
  const heard = {
    servers: [says('ns1', ...BOTH)],
    resolvers: [says('r', ...BOTH.toReversed())],
    delegations: [OURS],
  }
  expect(judge(heard)).toMatchObject({remarks: [undefined, undefined], kinds: [], isAnybodyWrong: false})
})

test.each([
  [
    'still answers what mcd removed',
    [...BOTH, '192.0.2.7'],
    /^ns2 still answers 192\.0\.2\.7, which run 12345678 removed 12 s ago: resolvers may hold it until 00:00:41 UTC$/,
  ],
  ['does not answer what is new', ['192.0.2.1'], /^ns2 does not answer 192\.0\.2\.2 yet$/],
])('a server that %s lags behind its zone', (_what, values, text) => {
  const {remarks, kinds} = judge(
    {servers: [says('ns1', ...BOTH), says('ns2', ...values)]},
    {removedAgoMs: 12_000},
  )
  expect([remarks[0], kinds]).toEqual([undefined, ['lagging-server']])
  expect(remarks[1]).toMatch(text)
})

test('a server or resolver that says nothing is not judged', () => {
  const silent = {servers: [{server: 'ns1'}], resolvers: [{server: 'r'}], delegations: [{server: 'r'}]}
  expect(judge(silent)).toMatchObject({remarks: [undefined, undefined], kinds: []})
})

test.each([
  [
    'within its TTL',
    30_000,
    [],
    /^r may hold 192\.0\.2\.7, which run 12345678 removed 30 s ago, until 00:00:41 UTC$/,
  ],
  [
    'long after it',
    600_000,
    ['stale-resolver'],
    /^r answers 192\.0\.2\.7, .* removed 10 min ago: by its TTL it should/,
  ],
  ['that mcd did not remove', undefined, [], /^r may hold 192\.0\.2\.7, which the zone does not hold, until/],
])('a resolver holds an old address %s', (_when, removedAgoMs, kinds, text) => {
  const heard = {resolvers: [says('r', ...BOTH, '192.0.2.7')], delegations: [OURS]}
  const judged = judge(heard, removedAgoMs === undefined ? {} : {removedAgoMs})
  expect(judged).toMatchObject({kinds, isAnybodyWrong: true})
  expect(judged.remarks[0]).toMatch(text)
})

test('what the own servers still answer is not held against a resolver', () => {
  const late = [...BOTH, '192.0.2.7']
  const heard = {servers: [says('ns1', ...late)], resolvers: [says('r', ...late)], delegations: [OURS]}
  expect(judge(heard, {removedAgoMs: 600_000}).kinds).toEqual(['lagging-server'])
})

test.each([
  [
    'has only older ones',
    ['192.0.2.1'],
    /^r does not answer 192\.0\.2\.2 yet, until 00:00:41 UTC at the latest$/,
  ],
  ['remembers that there was none', [], /^r answers nothing yet/],
])('a resolver that %s is a remark and no difference', (_what, values, text) => {
  const {remarks, kinds} = judge({resolvers: [says('r', ...values)], delegations: [OURS]})
  expect(kinds).toEqual([])
  expect(remarks[0]).toMatch(text)
})

test('a resolver that is led to servers that do not serve the zone finds nobody, and neither do clients', () => {
  const stranded = {delegations: [{server: 'r', error: 'SERVFAIL'}]}
  const {remarks, kinds} = judge({...stranded, resolvers: [{server: 'r'}]})
  expect(kinds).toEqual(['delegated-elsewhere'])
  expect(remarks[0]).toMatch(/^r finds nobody who answers for example\.com \(SERVFAIL\)/)
  expect(judge({...stranded, resolvers: [says('r', ...BOTH)]}).kinds).toEqual([])
})

test.each([
  [
    'to other servers',
    [{value: 'NS9.example.org.', ttlSeconds: 9}],
    /^r is led to ns9\.example\.org for example\.com/,
  ],
  ['nowhere', [], /^r finds no name servers for example\.com/],
])('a resolver that is led %s names them, and the registrar has the fix', (_where, records, text) => {
  const heard = {resolvers: [says('r', '203.0.113.1')], delegations: [{server: 'r', records}]}
  const {remarks, kinds, fixes} = judge(heard)
  expect([kinds, fixes[0]]).toEqual([
    ['delegated-elsewhere'],
    'name these servers for example.com at its registrar, or in the zone above it: ns1.example.net, ns2.example.net',
  ])
  expect(remarks[0]).toMatch(text)
})

test('Route53 answers a weighted name with one address at a time', () => {
  const of = fleet([group('virginia', 2)], {names: [dnsName({vendor: 'route53', routing: 'weighted'})]})
  const key = 'route53/www.example.com'
  const names = new Map([[key, {readable: true, members: [record(one), record(two)], holds: []} as const]])
  const heard = new Map([[key, {servers: [says('ns1', '192.0.2.2')], resolvers: [], delegations: []}]])
  const {answers, differences} = judgeAnswers(of, {...observed(), names}, heard, new Map())
  expect([answers.get(key)?.atOnce, differences]).toEqual([1, []])
})

test('a removal counts from its outcome; one that failed took nothing away', () => {
  const remove = (step: string, of: typeof one, kind: 'done' | 'failed', atMs: number): StoredEvent[] => {
    const change = {create: [], remove: [record(of)]}
    const result = kind === 'done' ? {kind} : {kind, message: 'no', effect: 'none' as const}
    return [
      {
        sequence: 1,
        run: 'r',
        atMs: 1,
        event: {type: 'intent', step, what: {kind: 'change-dns', zone: ZONE, change, leaving: []}},
      },
      {sequence: 2, run: 'r', atMs, event: {type: 'outcome', step, result}},
    ]
  }
  const removals = removalsOf([...remove('a', one, 'done', 5), ...remove('b', two, 'failed', 6)])
  expect([...removals]).toEqual([[`${ZONE} www.example.com 192.0.2.1`, {atMs: 5, run: 'r', ttlSeconds: 60}]])
})

test('what mcd put back since is none that it removed: who took it away after that is in no journal', () => {
  const step = (id: string, change: DnsChange, atMs: number): StoredEvent[] => [
    {
      sequence: atMs,
      run: 'r',
      atMs,
      event: {type: 'intent', step: id, what: {kind: 'change-dns', zone: ZONE, change, leaving: []}},
    },
    {
      sequence: atMs + 1,
      run: 'r',
      atMs,
      event: {type: 'outcome', step: id, result: {kind: 'done'}},
    },
  ]
  const [create, remove] = [[record(one)], [record(one)]]
  const drained = step('a', {create: [], remove}, 1)
  expect([...removalsOf([...drained, ...step('b', {create, remove: []}, 3)])]).toEqual([])
  expect([...removalsOf([...drained, ...step('b', {create, remove}, 3)])]).toEqual([])
})
