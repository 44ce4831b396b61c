import {expect, test} from 'vitest'
import type {DnsName, Group} from '../../../src/fleet/model.ts'
import {nameKey, type Observed} from '../../../src/fleet/observed.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {Instance} from '../../../src/providers/compute.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {
  desired,
  dnsName,
  fleet,
  foreign,
  group,
  hold,
  instance,
  observed,
  record,
  recorded,
} from '../../support/fleet-builder.ts'
import {only} from '../../support/plan-builder.ts'

type Routing = DnsName['routing']

const of = (id: string, routing: Routing, over: Partial<Member> = {}): Member => {
  const {proxied: _, ...member} = record(instance(id), {routing, ...over})
  return {...member, ...(routing === 'weighted' && {weight: 1}), ...over}
}
const held = (id: string, routing: Routing): Member => ({...hold(id), routing})

type Scene = {
  name?: Partial<DnsName>
  groups?: Group[]
  instances?: Instance[]
  members?: Member[]
  holds?: Member[]
  unhealthy?: string[]
  over?: Partial<Parameters<typeof desired>[1]>
}

function planned({name, groups, members = [], holds = [], over, ...seen}: Scene) {
  const instances = seen.instances ?? [instance('i-1'), instance('i-2')]
  const names = [dnsName({vendor: 'route53', ...name})]
  const base = observed({...seen, instances})
  const at: Observed = {
    ...base,
    names: new Map([[nameKey('route53', 'www.example.com'), {readable: true, members, holds}]]),
  }
  const of = fleet(groups ?? [group('virginia', instances.length)], {names})
  return plan(desired(of, over), recorded(), at, 'run-1')
}

/** `A 192.0.2.1 simple`, what goes before what comes. */
const changes = (scene: Scene) => {
  const made = planned(scene)
  const line =
    (sign: string) =>
    ({type, value, routing, weight, ttlSeconds}: Member) =>
      [sign, type, value, routing, weight, ttlSeconds === 60 ? undefined : ttlSeconds]
        .filter(part => part !== undefined)
        .join(' ')
  return only(made, 'register').flatMap(({remove, create}) => [
    ...remove.map(line('-')),
    ...create.map(line('+')),
  ])
}

test('addresses come with the routing of their name, weighted ones with the weight of their group', () => {
  expect(changes({name: {routing: 'simple'}})).toEqual(['+ A 192.0.2.1 simple', '+ A 192.0.2.2 simple'])
  expect(changes({name: {routing: 'multivalue'}})).toEqual(['+ A 192.0.2.1', '+ A 192.0.2.2'])
  const groups = [group('virginia', 1, {weight: 9}), group('spare', 1)]
  const instances = [instance('i-1'), instance('i-2', {group: 'spare'})]
  expect(changes({name: {routing: 'weighted'}, groups, instances})).toEqual([
    '+ A 192.0.2.1 weighted 9',
    '+ A 192.0.2.2 weighted 1',
  ])
})

test.each<[Routing, Routing]>([
  ['multivalue', 'simple'],
  ['simple', 'multivalue'],
  ['multivalue', 'weighted'],
  ['weighted', 'simple'],
])('all of ours move from %s to %s in one change', (from, to) => {
  const scene = {name: {routing: to}, members: [of('i-1', from), of('i-2', from)]}
  const suffix = to === 'multivalue' ? '' : ` ${to}`
  const weight = (routing: Routing) => (routing === 'weighted' ? ' 1' : '')
  expect(changes(scene)).toEqual([
    `- A 192.0.2.1 ${from}${weight(from)}`,
    `- A 192.0.2.2 ${from}${weight(from)}`,
    `+ A 192.0.2.1${suffix}${weight(to)}`,
    `+ A 192.0.2.2${suffix}${weight(to)}`,
  ])
  expect(only(planned(scene), 'register')[0]?.after).toEqual([])
})

test('who is to leave moves along, and so do holds; what is dead does not come back', () => {
  const members = ['i-1', 'i-2', 'i-3'].map(id => of(id, 'multivalue'))
  const gone = instance('i-3', {state: 'gone'})
  const lines = changes({
    name: {routing: 'simple', registration: 'self'},
    groups: [group('virginia', 1)],
    instances: [instance('i-1'), instance('i-2'), gone],
    unhealthy: ['i-2'],
    members,
    holds: [held('i-2', 'multivalue'), held('i-3', 'multivalue')],
  })
  expect(lines.filter(line => line.startsWith('-'))).toHaveLength(5)
  expect(lines.filter(line => line.startsWith('+'))).toEqual([
    '+ A 192.0.2.1 simple',
    '+ A 192.0.2.2 simple',
    '+ TXT out i-2 simple',
  ])
})

test('a TTL that others gave a set is right; where the set is ours alone all get the file’s at once', () => {
  const ours = [of('i-1', 'simple', {ttlSeconds: 300}), of('i-2', 'simple', {ttlSeconds: 300})]
  const theirs: Member = {...foreign('192.0.2.200'), routing: 'simple'}
  expect(changes({name: {routing: 'simple'}, members: [...ours, theirs]})).toEqual([])
  expect(changes({name: {routing: 'simple'}, members: ours})).toEqual([
    '- A 192.0.2.1 simple 300',
    '- A 192.0.2.2 simple 300',
    '+ A 192.0.2.1 simple',
    '+ A 192.0.2.2 simple',
  ])
})

test('another weight than the group’s is drift, of that record alone', () => {
  expect(
    changes({
      name: {routing: 'weighted'},
      members: [of('i-1', 'weighted'), of('i-2', 'weighted', {weight: 7})],
    }),
  ).toEqual(['- A 192.0.2.2 weighted 7', '+ A 192.0.2.2 weighted 1'])
})

test('a hold is written as what stands beside it, and as declared where nothing does', () => {
  const leave = (scene: Partial<Scene>) =>
    only(
      planned({
        name: {routing: 'simple', registration: 'self'},
        members: [of('i-1', 'simple')],
        ...scene,
        over: {goal: {kind: 'down'}},
      }),
      'deregister',
    ).flatMap(({create}) => create.map(({value, routing}) => `${value} ${routing}`))
  expect(leave({instances: [instance('i-1')]})).toEqual(['out i-1 simple'])
  expect(leave({instances: [instance('i-1')], holds: [held('i-9', 'multivalue')]})).toEqual([
    'out i-1 undefined',
  ])
})

test('an instance with IPv6 stands with both addresses, unless the file says no', () => {
  const instances = [instance('i-1', {publicIpv6: '2001:db8::1'})]
  expect(changes({instances})).toEqual(['+ A 192.0.2.1', '+ AAAA 2001:db8::1'])
  expect(changes({instances, name: {ipv6: false}})).toEqual(['+ A 192.0.2.1'])
  expect(changes({instances, members: [of('i-1', 'multivalue')]})).toEqual(['+ AAAA 2001:db8::1'])
  const six = of('i-1', 'multivalue', {type: 'AAAA', value: '2001:db8::1'})
  expect(changes({instances, members: [of('i-1', 'multivalue'), six]})).toEqual([])
  expect(
    only(planned({instances, name: {ipv6: false}, members: [of('i-1', 'multivalue'), six]}), 'deregister')[0]
      ?.remove,
  ).toEqual([six])
})

test('an instance with IPv6 alone stands with that', () => {
  const {publicIp: _, ...bare} = instance('i-1', {publicIpv6: '2001:db8::1'})
  expect(changes({instances: [bare]})).toEqual(['+ AAAA 2001:db8::1'])
  expect(planned({instances: [bare], name: {ipv6: false}}).notes).toMatchObject([{kind: 'no-address'}])
})

test('a foreign value that equals one of two addresses keeps that one out alone', () => {
  const instances = [instance('i-1', {publicIpv6: '2001:db8::1'})]
  const made = planned({instances, members: [{...foreign('192.0.2.1'), routing: 'multivalue'}]})
  expect(only(made, 'register').flatMap(({create}) => create.map(({value}) => value))).toEqual([
    '2001:db8::1',
  ])
  expect(made.notes).toMatchObject([{kind: 'foreign-record', blocks: false}])
})
