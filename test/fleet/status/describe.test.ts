import {expect, test} from 'vitest'
import type {Action} from '../../../src/fleet/plan/action.ts'
import {describeStatus} from '../../../src/fleet/status/describe.ts'
import {desired, fleet, group, instance, NOW_MS, observed, record, ZONE} from '../../support/fleet-builder.ts'

const base = {place: 'aws:us-east-1', group: 'virginia', after: []}
const launch = (zone: string): Action => ({
  ...base,
  kind: 'launch',
  key: `launch virginia ${zone}`,
  count: 1,
  type: 't3.micro',
  zone: {name: zone, types: ['t3.micro']},
  reason: 'so many wanted',
})
const replace = (instances: readonly string[], launches: number): Action => ({
  ...base,
  kind: 'replace',
  key: 'replace virginia',
  instances,
  batch: 2,
  pauseMs: 0,
  launches,
  cause: 'launch-spec',
  reason: 'launch spec changed',
})
const [a, b] = [launch('us-east-1a'), launch('us-east-1b')]

test.each([
  ['once for all zones', [a, b], '2 missing in group virginia (so many wanted)'],
  [
    'not what comes in place of outdated ones that serve',
    [a, b, replace(['i-1', 'i-2', 'i-3'], 1)],
    undefined,
  ],
  [
    'what lacks beside a rollout',
    [a, b, replace(['i-1', 'i-2'], 1)],
    '1 missing in group virginia (so many wanted)',
  ],
])('what is missing is told %s', (_rule, actions, text) => {
  const {differences} = describeStatus(
    desired(fleet([group('virginia', 3)])),
    observed({}),
    {actions, notes: []},
    [],
  )
  expect(differences.find(({kind}) => kind === 'missing-instance')?.text).toBe(text)
})

test.each([
  ['alone', [], /^mcd replace i-9$/],
  [
    'in a rollout, where another would be launched like it',
    [replace(['i-1'], 0)],
    /or mcd replace --rollback$/,
  ],
])('what does not answer is mended %s', (_rule, beside, fix) => {
  const wait: Action = {
    ...base,
    kind: 'wait',
    key: 'wait virginia',
    until: 'healthy',
    instances: ['i-9'],
    count: 1,
    reason: 'running and answering its health check',
  }
  const seen = {
    ...observed({}),
    health: new Map([['i-9', {verdict: 'unhealthy', sinceMs: 0, why: 'connection refused'}]] as const),
  }
  const actions = [wait, ...beside]
  const {differences} = describeStatus(desired(fleet([group('virginia', 1)])), seen, {actions, notes: []}, [])
  expect(differences.find(({kind}) => kind === 'unhealthy')?.fix).toMatch(fix)
})

test('instances stand as their groups do in the file, the oldest first, and others after them', () => {
  const of = fleet([group('west', 2), group('east', 1)])
  const at = (id: string, name: string, ageMs: number) =>
    instance(id, {group: name, launchedAtMs: NOW_MS - ageMs})
  const seen = observed({
    instances: [at('i-4', 'former', 9), at('i-3', 'east', 9), at('i-2', 'west', 1), at('i-1', 'west', 5)],
  })
  const {instances} = describeStatus(desired(of), seen, {actions: [], notes: []}, [])
  expect(instances.map(({id}) => id)).toEqual(['i-1', 'i-2', 'i-3', 'i-4'])
})

test('what stands of an instance at another vendor makes no duplicate of its record', () => {
  const failing = instance('i-1')
  const member = record(failing)
  const seen = observed({members: [member]})
  const names = new Map([
    ...seen.names,
    ['route53/www.example.com', {readable: true, members: [{...member, ref: 'there'}], holds: []}] as const,
  ])
  const out: Action = {
    kind: 'deregister',
    key: 'out',
    after: [],
    zone: ZONE,
    create: [],
    remove: [member],
    leaving: [],
    heldOut: ['i-1'],
    reason: 'does not answer',
  }
  const {differences} = describeStatus(
    desired(fleet([group('virginia', 1)])),
    {...seen, names},
    {actions: [out], notes: []},
    [],
  )
  expect(differences.map(({kind}) => kind)).toEqual(['unwanted-in-dns'])
})

test('nobody knows how many live in a place that says nothing', () => {
  const seen = observed({unreadable: ['aws:us-east-1']})
  const {groups} = describeStatus(desired(fleet([group('virginia', 1)])), seen, {actions: [], notes: []}, [])
  expect(groups).toMatchObject([{live: null, reachable: false}])
})

test.each([
  ['a failover remark', 'failover', true, 'remarks'],
  ['what only has to be known', 'foreign-record', false, 'remarks'],
  ['a shortfall', 'shortfall', true, 'differences'],
] as const)('%s is told among the %s', (_what, kind, blocks, where) => {
  const status = describeStatus(
    desired(fleet([group('virginia', 1)])),
    observed({}),
    {actions: [], notes: [{kind, text: 'so it is', blocks}]},
    [],
  )
  expect([status.converged, status[where].length]).toEqual([where === 'remarks', 1])
})

test.each([
  ['unreachable', 'mcd up, once it answers again'],
  ['no-address', 'mend the fleet file'],
  ['stopped', 'mcd down --instance i-1, then mcd up'],
  ['last-addresses', /^mcd sync --allow-empty/],
  ['health-unknown', /network$/],
  ['unknown-instance', /by hand$/],
  ['shortfall', 'mcd up'],
] as const)('what mends it fits what it is: %s', (kind, fix) => {
  const notes = [{kind, text: 'so it is', blocks: true, instance: 'i-1'}]
  const {differences} = describeStatus(desired(fleet([])), observed({}), {actions: [], notes}, [])
  expect(differences[0]?.fix).toMatch(fix)
})

test('both addresses of an instance that has both are told', () => {
  const both = instance('i-1', {publicIpv6: '2001:db8::1'})
  const {instances} = describeStatus(
    desired(fleet([group('virginia', 1)])),
    observed({instances: [both]}),
    {actions: [], notes: []},
    [],
  )
  expect(instances).toMatchObject([{publicIp: both.publicIp, publicIpv6: '2001:db8::1'}])
})
