import {TransientError} from '../../src/errors.ts'
import type {DnsProvider, Member, Zone} from '../../src/providers/dns.ts'
import type {Call} from '../../src/sandbox/world/calls.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import {cloudflareScene, DNS_SERVED_MS} from '../support/cloudflare-world.ts'
import type {DnsHarness} from './dns.ts'
import {cannot, type Scene} from './play.ts'
import type {DnsProbe, DnsScenarios} from './scenarios.ts'

type Stage = ReturnType<typeof cloudflareScene>
/** Builds the provider under test over the stage's world. */
export type Connect = (stage: Stage) => Promise<{provider: DnsProvider; disconnect(): Promise<void>}>

export const NAME = 'www.example.com'
export const HOLDS = '_mcd.www.example.com'
const NAMES = [NAME, HOLDS]
const CREATE = 'POST /zones/:id/dns_records/batch'
const LIST = 'GET /zones/:id/dns_records'

export const ours = (value: string, instance: string, more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'east', instance},
  proxied: false,
  ...more,
})
export const hold = (instance: string): Member =>
  ours(`out ${instance}`, instance, {name: HOLDS, type: 'TXT'})
export const foreign = (value: string): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 300,
  proxied: false,
})

/** What a wish of a free zone may be; the same whatever the surroundings. */
const notShared = cannot('every record stands by itself')
export const NO_SHARED_SETS = {
  'shared-change': notShared,
  'simple-change': notShared,
  'routing-change': notShared,
  'shared-race': notShared,
  'shared-unmarked': notShared,
}

export const REFUSALS: DnsScenarios['refusals'] = {
  fine: {name: NAME, ttlSeconds: 60, proxied: false, members: 4},
  ttlSeconds: [60, 86_400],
  members: 200,
  clashes: [
    [{name: NAME, type: 'CNAME', value: 'elsewhere.example.net', ttlSeconds: 300}],
    [{...foreign('192.0.2.200'), proxied: true}],
  ],
  neighbours: [
    foreign('192.0.2.200'),
    {name: NAME, type: 'TXT', value: 'v=spf1 -all', ttlSeconds: 300},
    {name: 'alias.example.com', type: 'CNAME', value: NAME, ttlSeconds: 300},
  ],
}

/** Every scenario on the strict world; `connect` says how the provider reaches it, `dead` how it finds nobody. */
export function worldHarness(connect: Connect, dead: Connect = connect): DnsHarness {
  const scene = async <Facts>(
    set: (stage: Stage & {zoneFacts: Zone; seed(...members: Member[]): void}) => Facts,
    through: Connect = connect,
  ): Promise<Scene<DnsProvider, Facts, DnsProbe>> => {
    const stage = cloudflareScene()
    const {zone, create, time} = stage
    const zoneFacts = {id: zone.id, name: zone.name, account: zone.account.id, nameServers: zone.nameServers}
    const seed = (...members: Member[]) => {
      for (const {mark, type, value, ttlSeconds: ttl, ...member} of members) {
        const comment = mark ? `mcd:v1 f=${mark.fleet} g=${mark.group} i=${mark.instance}` : 'made by hand'
        create({...member, type, content: type === 'TXT' ? `"${value}"` : value, ttl, comment})
      }
    }
    const facts = set({...stage, zoneFacts, seed})
    await time.advance(DNS_SERVED_MS)
    const {provider, disconnect} = await through(stage)
    const stop = time.attend()
    return {
      provider,
      facts,
      probe: {
        foreign: async () =>
          JSON.stringify([...zone.records.values()].filter(({comment}) => !comment?.startsWith('mcd:'))),
      },
      close: async () => {
        stop()
        await disconnect()
      },
    }
  }

  /** Ours, a stranger's, and neighbours that nobody asked for. */
  const populated = ({seed, zoneFacts: zone}: {seed(...members: Member[]): void; zoneFacts: Zone}) => {
    const members = [
      ours('192.0.2.1', 'i-1'),
      ours('192.0.2.2', 'i-2', {ttlSeconds: 300}),
      hold('i-2'),
      foreign('192.0.2.200'),
    ]
    seed(
      ...members,
      foreign('192.0.2.201'),
      {...foreign('192.0.2.9'), name: `a${NAME}`},
      {...foreign('192.0.2.9'), name: `x.${NAME}`},
    )
    return {zone, names: NAMES, members: [...members, foreign('192.0.2.201')]}
  }
  const changing = (stage: Parameters<typeof populated>[0]) => ({
    ...populated(stage),
    create: [ours('192.0.2.3', 'i-3'), hold('i-1')],
    remove: [{name: NAME, type: 'A' as const, value: '192.0.2.1'}],
  })
  const throttled = (times: number, action: string) =>
    failing(action, times, () => new VendorError(429, 971, 'slow down', {headers: {'retry-after': '3'}}))

  return {
    zone: () => scene(({zoneFacts: zone}) => ({zone})),
    'unknown-zone': () => scene(({cloudflare}) => ({name: cloudflare.addZone('xample.com').name.slice(1)})),
    'empty-name': () =>
      scene(({seed, zoneFacts: zone}) => {
        seed({...foreign('192.0.2.9'), name: `a${NAME}`}, {...foreign('192.0.2.9'), name: `x.${NAME}`})
        return {zone, names: NAMES}
      }),
    members: () => scene(populated),
    pages: () => scene(stage => ({...manyPages(stage), names: NAMES})),
    'page-fails': () =>
      scene(stage => {
        const facts = manyPages(stage)
        stage.calls.faults = {
          before: skipping(LIST, 1, () => new VendorError(503, 10001, 'unavailable')),
          after() {},
        }
        return {...facts, names: [NAME]}
      }),
    throttled: () =>
      scene(stage => {
        const facts = populated(stage)
        stage.calls.faults = {before: throttled(2, LIST), after() {}}
        return facts
      }),
    'wrong-credentials': () =>
      scene(stage => {
        stage.cloudflare.revokeToken(stage.operator.token)
        return {zone: stage.zoneFacts, names: NAMES}
      }),
    unreachable: () => scene(({zoneFacts: zone}) => ({zone, names: NAMES}), dead),

    change: () => scene(changing),
    'change-repeated': () => scene(changing),
    'change-reply-lost': () =>
      scene(stage => {
        const facts = changing(stage)
        stage.calls.faults = {
          before() {},
          after: failing(CREATE, 1, () => new VendorError(502, 10001, 'bad gateway')),
        }
        return facts
      }),
    'change-throttled': () =>
      scene(stage => {
        const facts = changing(stage)
        stage.calls.faults = {before: throttled(2, CREATE), after() {}}
        return facts
      }),
    'change-large': () =>
      scene(stage => {
        stage.zone.plan.records = 1_000
        const leaving = range(150).map(i => ours(`192.0.2.${i}`, `i-${i}`))
        stage.seed(...leaving)
        return {
          zone: stage.zoneFacts,
          names: NAMES,
          create: [
            ...range(180).map(i => ours(`198.51.100.${i}`, `i-${i}`)),
            ...leaving.slice(100).map(member => ({...member, ttlSeconds: 120})),
          ],
          remove: leaving.map(({name, type, value}) => ({name, type, value})),
        }
      }),
    'create-ours': () => scene(stage => ({...populated(stage), create: [ours('192.0.2.1', 'i-1')]})),
    'create-foreign': () =>
      scene(stage => ({...populated(stage), create: [ours('192.0.2.3', 'i-3'), ours('192.0.2.200', 'i-4')]})),
    'remove-changed': () =>
      scene(stage => {
        const facts = changing(stage)
        const record = [...stage.zone.records.values()].find(({content}) => content === '192.0.2.1')
        return {
          ...facts,
          meddle: async () => {
            stage.cloudflare.patchRecord(stage.operator, stage.zone.id, `${record?.id}`, {
              content: '192.0.2.99',
            })
          },
          after: facts.members.map(({name, type, value}) => ({
            name,
            type,
            value: value === '192.0.2.1' ? '192.0.2.99' : value,
          })),
        }
      }),
    'removal-served': () =>
      scene(stage => ({...changing(stage), serve: () => stage.time.advance(DNS_SERVED_MS)})),
    'removal-served-later': () =>
      scene(({seed, zoneFacts: zone}) => {
        seed(ours('192.0.2.2', 'i-2'))
        return {
          zone,
          removed: [{...ours('192.0.2.1', 'i-1'), ref: 'f'.repeat(32)}, hold('i-1')],
          receipt: {id: 'of an earlier run'},
        }
      }),
    ...NO_SHARED_SETS,
    refusals: () => scene(() => REFUSALS),
  }
}

const range = (count: number) => Array.from({length: count}, (_, i) => i)

function manyPages({seed, zone, zoneFacts}: Stage & {zoneFacts: Zone; seed(...members: Member[]): void}) {
  zone.plan.recordsPerPage = 50
  const members = range(120).map(i => ours(`192.0.2.${i}`, `i-${i}`))
  seed(...members)
  return {zone: zoneFacts, values: members.map(({value}) => value)}
}

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
