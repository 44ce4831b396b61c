import {expect, test} from 'vitest'
import {definitionOf, discoveryMembers} from '../../../src/fleet/discovery.ts'
import {nameKey} from '../../../src/fleet/observed.ts'
import {planDiscovery} from '../../../src/fleet/plan/dns/discovery.ts'
import {fleetView} from '../../../src/fleet/plan/fleet-view.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {Instance} from '../../../src/providers/compute.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {
  desired,
  dnsName,
  fleet,
  foreign,
  group,
  instance,
  left,
  observed,
  record,
  recorded,
  type Seen,
} from '../../support/fleet-builder.ts'

const name = dnsName({
  vendor: 'route53',
  discovery: {service: '_http._tcp', instance: 'v1', txt: ['path=/']},
})
const web = fleet([group('virginia', 2, {weight: 5})], {names: [name]})
const [one, two] = [instance('i-1'), instance('i-2')]
const recordsOf = (of: Instance): Member[] =>
  discoveryMembers(web, name, {name: 'virginia', weight: 5}, of.id, of.publicIp ?? '')
const definition = definitionOf(web, name)
const stranger: Member = {
  name: 'v1._http._tcp.example.com',
  type: 'SRV',
  value: '9 9 99 theirs.example.net',
  ttlSeconds: 600,
}

type Given = {
  of?: Partial<typeof name>
  discovery: readonly Member[]
  seen?: Seen
  goal?: Parameters<typeof desired>[1]
  departing?: string[]
  outdated?: string[]
  inPlace?: string[]
  journal?: Parameters<typeof recorded>
}

function planned({of = {}, discovery, seen, goal, departing, outdated, inPlace = [], journal = []}: Given) {
  const asked = {...name, ...of}
  const world = observed({instances: [one, two], ...seen})
  const names = new Map([
    [nameKey('route53', name.name), {readable: true as const, members: [], holds: [], discovery}],
  ])
  const view = fleetView(
    desired({...web, names: [asked]}, goal),
    recorded(...journal),
    {...world, names},
    'run-1',
  )
  const {create, remove} = planDiscovery(
    view,
    asked,
    {departing: new Set(departing), outdated: new Set(outdated), out: new Set()},
    new Set(inPlace),
  )
  return {create: create.map(text), remove: remove.map(text)}
}

const text = ({type, name: at, value}: Member) => `${type} ${at} ${value}`
const texts = (...members: Member[]) => members.map(text)
const all = [...recordsOf(one), ...recordsOf(two), ...definition]
const without = (...gone: Member[]) => all.filter(member => !texts(...gone).includes(text(member)))
const moved = recordsOf(one).map(member => (member.type === 'A' ? {...member, value: '192.0.2.99'} : member))

const nothing = {create: [], remove: []}
test.each<[string, Given, {create: string[]; remove: string[]}]>([
  ['what stands as it should is left alone', {discovery: all}, nothing],
  [
    'a healthy instance joins with its host and its value',
    {discovery: without(...recordsOf(two))},
    {create: texts(...recordsOf(two)), remove: []},
  ],
  [
    'one that is not healthy waits',
    {discovery: without(...recordsOf(two)), seen: {unhealthy: ['i-2']}},
    nothing,
  ],
  [
    'one that registers itself is joined once its address stands',
    {of: {registration: 'self'}, discovery: definition, inPlace: ['i-2']},
    {create: texts(...recordsOf(two)), remove: []},
  ],
  [
    'the service is defined before anybody is there',
    {discovery: [], seen: {instances: []}},
    {create: texts(...definition), remove: []},
  ],
  [
    'a host with another address is put right',
    {discovery: [...moved, ...without(...recordsOf(one))]},
    {create: texts(...recordsOf(one).slice(0, 1)), remove: texts(...moved.slice(0, 1))},
  ],
  [
    'who is to be replaced keeps what it has until then',
    {discovery: [...moved, ...without(...recordsOf(one))], outdated: ['i-1']},
    nothing,
  ],
  [
    'who goes by this plan joins nothing, and the drain takes out what stands',
    {discovery: without(...recordsOf(two)), departing: ['i-2']},
    nothing,
  ],
  ['who is leaving joins nothing', {discovery: without(...recordsOf(two)), journal: left(two)}, nothing],
  [
    'who was stopped by hand is taken out',
    {discovery: all, seen: {instances: [one, {...two, state: 'stopped'}]}},
    {create: [], remove: texts(...recordsOf(two))},
  ],
  [
    'a stranger gives the set its TTL',
    {
      discovery: [
        stranger,
        ...all.map(member => (member.type === 'SRV' ? {...member, ttlSeconds: 600} : member)),
      ],
    },
    nothing,
  ],
  [
    'without one another TTL is put right',
    {discovery: all.map(member => (member.type === 'SRV' ? {...member, ttlSeconds: 600} : member))},
    {
      create: texts(...all.filter(({type}) => type === 'SRV')),
      remove: texts(...all.filter(({type}) => type === 'SRV')),
    },
  ],
  [
    'somebody else’s definition is as good',
    {
      discovery: all.map(({mark, ...member}) =>
        definition.some(each => text(each) === text(member as Member))
          ? member
          : {...member, ...(mark && {mark})},
      ),
    },
    nothing,
  ],
  [
    'the last down takes the definition away',
    {discovery: definition, seen: {instances: []}, goal: {goal: {kind: 'down'}}},
    {create: [], remove: texts(...definition)},
  ],
  [
    'not while a stranger is found by it',
    {discovery: [...definition, stranger], seen: {instances: []}, goal: {goal: {kind: 'down'}}},
    nothing,
  ],
  [
    'nor when the file has gone on to another version',
    {
      of: {discovery: {service: '_http._tcp', instance: 'v2', txt: ['path=/']}},
      discovery: [...definition, stranger],
      seen: {instances: []},
    },
    {
      create: [
        'TXT v2._http._tcp.example.com path=/',
        'PTR _http._tcp.example.com v2._http._tcp.example.com',
      ],
      remove: [],
    },
  ],
  [
    'nor when only some are to end',
    {discovery: definition, seen: {instances: []}, goal: {goal: {kind: 'down', groups: ['virginia']}}},
    nothing,
  ],
])('%s', (_rule, given, wanted) => {
  expect(planned(given)).toEqual(wanted)
})

test('an address for which a stranger’s record answers is discovered all the same', () => {
  const own = {...name, registration: 'self' as const}
  const members = [foreign(one.publicIp ?? ''), record(two)]
  const discovery = without(...recordsOf(one))
  const names = new Map([
    [nameKey('route53', name.name), {readable: true as const, members, holds: [], discovery}],
  ])
  const {actions} = plan(
    desired({...web, names: [own]}),
    recorded(),
    {...observed({instances: [one, two]}), names},
    'run-1',
  )
  const created = actions.flatMap(action => (action.kind === 'register' ? action.create : []))
  expect(created.map(text)).toEqual(texts(...recordsOf(one)))
})
