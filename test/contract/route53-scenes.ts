import {TransientError} from '../../src/errors.ts'
import {markToSetIdentifier} from '../../src/mark.ts'
import type {DnsProvider, Member, Zone} from '../../src/providers/dns.ts'
import type {Call} from '../../src/sandbox/world/calls.ts'
import type {RecordSetInput} from '../../src/sandbox/world/route53/change-input.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {DNS_SERVED_MS, route53Scene} from '../support/route53-world.ts'
import type {DnsHarness} from './dns.ts'
import type {Scene} from './play.ts'
import type {DnsProbe, DnsScenarios, ExpectedMember} from './scenarios.ts'

type Stage = ReturnType<typeof route53Scene>
/** Builds the provider under test over the stage's world. */
export type Connect = (stage: Stage) => Promise<{provider: DnsProvider; disconnect(): Promise<void>}>

export const NAME = 'www.example.com'
export const HOLDS = '_mcd.www.example.com'
const NAMES = [NAME, HOLDS]
const CHANGE = 'ChangeResourceRecordSets'
const LIST = 'ListResourceRecordSets'

export const ours = (value: string, instance: string, more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'east', instance},
  ...more,
})
export const hold = (instance: string): Member =>
  ours(`out ${instance}`, instance, {name: HOLDS, type: 'TXT'})
export const foreign = (value: string, more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 300,
  ...more,
})

export const REFUSALS: DnsScenarios['refusals'] = {
  fine: {name: NAME, ttlSeconds: 60, proxied: false, members: 4},
  ttlSeconds: [0, 2_147_483_647],
  members: 100,
  clashes: [
    [foreign('elsewhere.example.net', {type: 'CNAME', routing: 'simple'})],
    [foreign('192.0.2.200', {routing: 'simple'}), foreign('192.0.2.201', {routing: 'simple'})],
    [foreign('192.0.2.200', {routing: 'weighted'})],
    [foreign('balancer.example.net', {routing: 'other'})],
    [foreign('note', {name: HOLDS, type: 'TXT', routing: 'simple'})],
  ],
  neighbours: [
    foreign('192.0.2.200', {routing: 'multivalue'}),
    foreign('2001:db8::1', {type: 'AAAA', routing: 'simple'}),
    foreign('v=spf1 -all', {type: 'TXT', routing: 'simple'}),
    foreign(NAME, {name: 'alias.example.com', type: 'CNAME', routing: 'simple'}),
  ],
}

const SET = 'v1._http._tcp.example.com'
const COMPANION = '_mcd.v1._http._tcp.example.com'
const srv = (instance: string): Member => ({
  name: SET,
  type: 'SRV',
  value: `0 0 80 ${instance}.www.example.com`,
  ttlSeconds: 300,
  mark: {fleet: 'web', group: 'east', instance},
})
const stranger = (host: string): Member => ({
  name: SET,
  type: 'SRV',
  value: `5 1 8080 ${host}.example.net`,
  ttlSeconds: 300,
})

/** Facts of a shared set: two of ours and a stranger in it, whom the set's TTL came with. */
export const SHARED = {
  names: [SET, COMPANION],
  members: [srv('i-1'), srv('i-2'), stranger('host')],
  create: [srv('i-3')],
  remove: [{name: SET, type: 'SRV', value: srv('i-1').value}],
  joins: stranger('other'),
} as const satisfies Omit<DnsScenarios['shared-race'], 'zone'>

const STRANGER = '203.0.113.9'
const inOneSet = {ttlSeconds: 300, routing: 'simple'} as const

/** Facts of an address set: two of ours and a stranger in it, whose TTL it has. */
export const SIMPLE = {
  names: NAMES,
  members: [
    ours('192.0.2.1', 'i-1', {ttlSeconds: 300}),
    ours('192.0.2.2', 'i-2', {ttlSeconds: 300}),
    foreign(STRANGER),
  ],
  create: [ours('192.0.2.3', 'i-3', inOneSet), {...hold('i-1'), ...inOneSet}],
  remove: [{name: NAME, type: 'A', value: '192.0.2.1'}],
} as const satisfies Omit<DnsScenarios['simple-change'], 'zone'>

const apart = [ours('192.0.2.1', 'i-1'), ours('192.0.2.2', 'i-2'), hold('i-2')]

/** Facts of a name that changes its routing. */
export const MOVED: Omit<DnsScenarios['routing-change'], 'zone'> = {
  names: NAMES,
  members: apart,
  create: apart.map(member => ({...member, routing: 'simple'})),
  remove: apart.map(({name, type, value}) => ({name, type, value})),
}

const sharedSet = (...more: string[]): RecordSetInput => ({
  name: SET,
  type: 'SRV',
  ttlSeconds: 300,
  values: [
    ...['i-1', 'i-2'].map(id => `0 0 80 ${id}.www.example.com.`),
    '5 1 8080 Host.Example.net',
    ...more,
  ],
})
const companionSet = (...instances: string[]): RecordSetInput => ({
  name: COMPANION,
  type: 'TXT',
  ttlSeconds: 300,
  values: [...instances.map(id => `"srv web ${id} 0 0 80 ${id}.www.example.com"`), '"a stranger\'s note"'],
})

/** Every scenario on the strict world; `connect` says how the provider reaches it, `dead` how it finds nobody. */
export function worldHarness(connect: Connect, dead: Connect = connect): DnsHarness {
  const scene = async <Facts>(
    set: (stage: Stage & {zoneFacts: Zone}) => Facts,
    through: Connect = connect,
  ): Promise<Scene<DnsProvider, Facts, DnsProbe>> => {
    const stage = route53Scene()
    const {zone, time} = stage
    const nameServers = zone.nameServers.map(server => server.replace(/\.$/, ''))
    const facts = set({
      ...stage,
      zoneFacts: {id: zone.id, name: 'example.com', account: zone.id, nameServers},
    })
    await time.advance(DNS_SERVED_MS)
    const {provider, disconnect} = await through(stage)
    const stop = time.attend()
    return {
      provider,
      facts,
      probe: {
        foreign: async () =>
          JSON.stringify(
            [...zone.sets.values()]
              .flat()
              .filter(set => !set.setIdentifier?.startsWith('mcd:'))
              .map(set => ({...set, values: set.values?.filter(value => !isOurs(value))}))
              .filter(({values}) => values?.length !== 0),
          ),
      },
      close: async () => {
        stop()
        await disconnect()
      },
    }
  }

  return {
    zone: () =>
      scene(({zoneFacts: zone, world}) => {
        world.route53.addZone('example.com', {callerReference: 'inside', privateZone: true})
        world.route53.addZone('a.example.com')
        return {zone}
      }),
    'unknown-zone': () =>
      scene(({world}) => {
        for (const name of ['example.net', 'xample.org']) world.route53.addZone(name)
        return {name: 'example.org'}
      }),
    'empty-name': () =>
      scene(({create, zoneFacts: zone}) => {
        create(...neighbours())
        return {zone, names: NAMES}
      }),
    members: () => scene(populated),
    pages: () => scene(manyPages),
    'page-fails': () =>
      scene(stage => {
        const facts = manyPages(stage)
        const unavailable = () => new VendorError(503, 'ServiceUnavailable', 'try later')
        stage.world.calls.faults = {before: skipping(LIST, 1, unavailable), after() {}}
        return facts
      }),
    throttled: () =>
      scene(stage => {
        const facts = populated(stage)
        const throttling = () => new VendorError(400, 'Throttling', 'Rate exceeded')
        stage.world.calls.faults = {before: failing(LIST, 2, throttling), after() {}}
        return facts
      }),
    'wrong-credentials': () =>
      scene(({world, zoneFacts: zone}) => {
        world.ec2.keys.revoke('operator')
        return {zone, names: NAMES}
      }),
    unreachable: () => scene(({zoneFacts: zone}) => ({zone, names: NAMES}), dead),

    change: () => scene(changing),
    'change-repeated': () => scene(changing),
    'change-reply-lost': () =>
      scene(stage => {
        const facts = changing(stage)
        const lost = () => new VendorError(500, 'InternalFailure', 'lost')
        stage.world.calls.faults = {before() {}, after: failing(CHANGE, 1, lost)}
        return facts
      }),
    'change-throttled': () =>
      scene(stage => {
        const facts = changing(stage)
        stage.world.route53.rejectNextChanges(stage.zone.id, 2)
        return facts
      }),
    'change-large': () => scene(large),
    'create-ours': () => scene(stage => ({...populated(stage), create: [ours('192.0.2.1', 'i-1')]})),
    'create-foreign': () =>
      scene(({create, zoneFacts: zone}) => {
        create({name: NAME, type: 'A', ttlSeconds: 300, values: ['192.0.2.200', '192.0.2.201']})
        return {zone, names: NAMES, create: [hold('i-3'), ours('192.0.2.200', 'i-4')]}
      }),
    'remove-changed': () =>
      scene(stage => {
        const facts = changing(stage)
        const before = setOf(ours('192.0.2.1', 'i-1'))
        return {
          ...facts,
          meddle: async () => {
            stage.change(
              {action: 'DELETE', recordSet: before},
              {action: 'CREATE', recordSet: {...before, values: ['192.0.2.99']}},
            )
          },
          after: facts.members.map(member => ({
            ...member,
            value: member.value === '192.0.2.1' ? '192.0.2.99' : member.value,
          })),
        }
      }),
    'removal-served': () =>
      scene(stage => ({...changing(stage), serve: () => stage.time.advance(DNS_SERVED_MS)})),
    'removal-served-later': () =>
      scene(({create, zoneFacts: zone}) => ({
        zone,
        removed: [ours('192.0.2.9', 'i-9')],
        receipt: {id: create(...neighbours()).id},
      })),
    'shared-change': () =>
      scene(({create, zoneFacts: zone}) => {
        create(sharedSet(), companionSet('i-1', 'i-2'))
        return {...SHARED, zone}
      }),
    'shared-race': () =>
      scene(({create, change, world, zoneFacts: zone}) => {
        create(sharedSet(), companionSet('i-1', 'i-2'))
        let isFirst = true
        const before = ({action}: Call) => {
          if (action !== CHANGE || !isFirst) return
          isFirst = false
          change(
            {action: 'DELETE', recordSet: sharedSet()},
            {action: 'CREATE', recordSet: sharedSet('5 1 8080 other.example.net.')},
          )
        }
        world.calls.faults = {before, after() {}}
        return {...SHARED, zone}
      }),
    'shared-unmarked': () =>
      scene(({create, change, zoneFacts: zone}) => {
        create(sharedSet(), companionSet('i-1', 'i-2'))
        const meddle = async () => {
          change(
            {action: 'DELETE', recordSet: companionSet('i-1', 'i-2')},
            {action: 'CREATE', recordSet: companionSet('i-2')},
          )
        }
        return {...SHARED, zone, meddle}
      }),
    'simple-change': () =>
      scene(({create, zoneFacts: zone}) => {
        const common = {ttlSeconds: 300}
        create(
          {...common, name: NAME, type: 'A', values: ['192.0.2.1', '192.0.2.2', STRANGER]},
          {
            ...common,
            name: HOLDS,
            type: 'TXT',
            values: ['"a web i-1 192.0.2.1"', '"a web i-2 192.0.2.2"', '"a stranger\'s note"'],
          },
        )
        return {...SIMPLE, zone}
      }),
    'routing-change': () =>
      scene(({create, zoneFacts: zone}) => {
        create(...apart.map(setOf))
        return {...MOVED, zone}
      }),
    refusals: () => scene(() => REFUSALS),
  }
}

/** As they stand in sets that several share. */
const isOurs = (value: string): boolean => /\bi-\d/.test(value) || /^192\.0\.2\.[1-3]$/.test(value)

const setOf = ({name, type, value, ttlSeconds, mark}: Member): RecordSetInput => ({
  name,
  type,
  ttlSeconds,
  values: [type === 'TXT' ? `"${value}"` : value],
  ...(mark && {setIdentifier: markToSetIdentifier(mark), multiValueAnswer: true}),
})

/** Names beside the ones that are asked for. */
const neighbours = (): RecordSetInput[] =>
  [`a${NAME}`, `x.${NAME}`, 'www-old.example.com', '*.example.com'].map(name =>
    setOf(foreign('192.0.2.9', {name})),
  )

/** Ours, strangers of every kind that can live beside them, and neighbours that nobody asked for. */
function populated({create, zoneFacts: zone}: Stage & {zoneFacts: Zone}) {
  create(
    ...neighbours(),
    {...setOf(foreign('192.0.2.200')), setIdentifier: 'by hand', multiValueAnswer: true},
    {name: NAME, type: 'AAAA', ttlSeconds: 300, values: ['2001:db8::1', '2001:0DB8:0::2']},
    {name: NAME, type: 'TXT', ttlSeconds: 300, values: ['"v=spf1 " "-all"', '"a \\"b\\" \\303\\244"']},
    {name: NAME, type: 'MX', ttlSeconds: 300, values: ['10 mail.example.com.']},
    setOf(ours('192.0.2.1', 'i-1')),
    setOf(ours('192.0.2.2', 'i-2', {ttlSeconds: 300})),
    setOf(hold('i-2')),
  )
  const members: ExpectedMember[] = [
    ours('192.0.2.1', 'i-1'),
    ours('192.0.2.2', 'i-2', {ttlSeconds: 300}),
    hold('i-2'),
    foreign('192.0.2.200'),
    foreign('2001:db8::1', {type: 'AAAA'}),
    foreign('2001:db8::2', {type: 'AAAA'}),
    foreign('v=spf1 -all', {type: 'TXT'}),
    foreign('a "b" ä', {type: 'TXT'}),
  ]
  return {zone, names: NAMES, members}
}

/** One leaves, one comes, one moves to another address under its own identifier, and one is held. */
const changing = (stage: Stage & {zoneFacts: Zone}) => ({
  ...populated(stage),
  create: [ours('192.0.2.3', 'i-3'), ours('192.0.2.22', 'i-2'), hold('i-1')],
  remove: ['192.0.2.1', '192.0.2.2'].map(value => ({name: NAME, type: 'A' as const, value})),
})

/** 400 sets under two names: a page holds 300. */
function manyPages({create, zoneFacts: zone}: Stage & {zoneFacts: Zone}) {
  const members = range(100).flatMap(i => [
    ours(`192.0.2.${i}`, `i-${i}`),
    ours(`2001:db8::${i + 1}`, `i-${i}`, {type: 'AAAA'}),
    ours(`text ${i}`, `i-${i}`, {type: 'TXT'}),
    hold(`i-${i}`),
  ])
  create(...members.map(setOf))
  return {zone, names: NAMES, values: members.map(({value}) => value)}
}

/** 1,100 values come and 100 go: a batch holds 1,000 of both together. */
function large({create, zoneFacts: zone}: Stage & {zoneFacts: Zone}) {
  const names = [NAME, ...range(11).map(i => `n${i}.example.com`)]
  const leaving = range(100).map(i => ours(`192.0.2.${i}`, `i-${i}`))
  create(...leaving.map(setOf))
  const coming = names
    .slice(1)
    .flatMap(name => range(100).map(i => ours(`198.51.100.${i}`, `i-${i}`, {name})))
  return {zone, names, create: coming, remove: leaving.map(({name, type, value}) => ({name, type, value}))}
}

const range = (count: number) => Array.from({length: count}, (_, i) => i)

/** Fails the first `times` calls of an action. */
function failing(action: string, times: number, error: () => Error) {
  let left = times
  return (call: Call) => {
    if (call.action === action && left-- > 0) throw error()
  }
}

/** Fails every call of an action but the first `served`. */
function skipping(action: string, served: number, error: () => Error) {
  let left = served
  return (call: Call) => {
    if (call.action === action && left-- <= 0) throw error()
  }
}

/** Nobody there, for providers without sockets. */
export const refused = () => {
  throw new TransientError('connection refused', {effect: 'none'})
}
