import {expect, test} from 'vitest'
import {ConflictError} from '../../../src/errors.ts'
import type {DnsChange, Member} from '../../../src/providers/dns.ts'
import {HOLDS, hold, NAME, ours} from '../../contract/route53-scenes.ts'
import {route53Scene} from '../../support/route53-world.ts'
import {worldRoute53Dns} from '../../support/world-route53.ts'

async function sceneOf() {
  const stage = route53Scene()
  const dns = worldRoute53Dns(stage.world, stage.time.runtime())
  const zone = await stage.time.run(() => dns.findZone('example.com'))
  const changes = () => stage.world.calls.counts.get('route53:ChangeResourceRecordSets') ?? 0
  return {
    ...stage,
    zone,
    changes,
    change: (change: Partial<DnsChange>) =>
      stage.time.run(() => dns.change(zone, {create: [], remove: [], ...change})),
    list: () => stage.time.run(() => dns.listMembers(zone, [NAME, HOLDS])),
    /** `A 60 192.0.2.1`, set by set. */
    sets: () =>
      [...stage.zone.sets.values()]
        .flat()
        .filter(({name}) => name === `${NAME}.` || name === `${HOLDS}.`)
        .map(({type, setIdentifier, weight, ttlSeconds, values}) =>
          [type, setIdentifier, weight, ttlSeconds, ...(values ?? [])]
            .filter(part => part !== undefined)
            .join(' '),
        )
        .sort(),
  }
}

const simple = (value: string, instance: string, more: Partial<Member> = {}): Member =>
  ours(value, instance, {routing: 'simple', ...more})
const held = (instance: string): Member => ({...hold(instance), routing: 'simple'})
const one = (instance: string) => simple(`192.0.2.${instance.slice(2)}`, instance)

test('all values of a name stand in one set, and whose they are beside it', async () => {
  const {change, sets, list, changes} = await sceneOf()
  const before = changes()
  await change({create: [one('i-1'), one('i-2'), simple('2001:db8::1', 'i-1', {type: 'AAAA'}), held('i-3')]})
  expect(changes()).toBe(before + 1)
  expect(sets()).toEqual([
    'A 60 192.0.2.1 192.0.2.2',
    'AAAA 60 2001:db8::1',
    'TXT 60 "a web i-1 192.0.2.1" "a web i-2 192.0.2.2" "aaaa web i-1 2001:db8::1" "out i-3" "txt web i-3 out i-3"',
  ])
  const marked = (await list()).flatMap(({value, mark}) => (mark ? [`${value} ${mark.instance}`] : []))
  expect(marked.sort()).toEqual(['192.0.2.1 i-1', '192.0.2.2 i-2', '2001:db8::1 i-1', 'out i-3 i-3'])
})

test('the last to leave takes the sets and their companion along', async () => {
  const {change, sets, list} = await sceneOf()
  await change({create: [one('i-1'), one('i-2'), held('i-2')]})
  const ofOurs = async () => (await list()).filter(({mark}) => mark)
  await change({remove: (await ofOurs()).filter(({mark}) => mark?.instance === 'i-1')})
  expect(sets()).toEqual(['A 60 192.0.2.2', 'TXT 60 "a web i-2 192.0.2.2" "out i-2" "txt web i-2 out i-2"'])
  await change({remove: await ofOurs()})
  expect(sets()).toEqual([])
})

test('ours join a foreign set with its TTL, and a value that stands there is theirs', async () => {
  const {create, change, sets, list} = await sceneOf()
  create({name: NAME, type: 'A', ttlSeconds: 300, values: ['192.0.2.200', '192.0.2.1']})
  await change({create: [one('i-1'), one('i-2')]})
  expect(sets()).toEqual(['A 300 192.0.2.200 192.0.2.1 192.0.2.2', 'TXT 60 "a web i-2 192.0.2.2"'])
  await change({remove: (await list()).filter(({mark}) => mark)})
  expect(sets()).toEqual(['A 300 192.0.2.200 192.0.2.1'])
  await expect(change({remove: [one('i-1')]})).rejects.toThrow(ConflictError)
})

test('a set without strangers takes the TTL of those who come when nobody stays', async () => {
  const {change, sets, list} = await sceneOf()
  await change({create: [one('i-1'), one('i-2')]})
  const slower = (instance: string) => ({...one(instance), ttlSeconds: 300})
  await change({create: [slower('i-3')]})
  expect(sets()[0]).toBe('A 60 192.0.2.1 192.0.2.2 192.0.2.3')
  const all = (await list()).filter(({mark}) => mark)
  await change({remove: all, create: ['i-1', 'i-2', 'i-3'].map(slower)})
  expect(sets()[0]).toBe('A 300 192.0.2.1 192.0.2.2 192.0.2.3')
})

test('an address that passed to another instance of the fleet changes its owner', async () => {
  const {change, sets} = await sceneOf()
  await change({create: [one('i-1')]})
  await change({create: [simple('192.0.2.1', 'i-9')]})
  expect(sets()).toEqual(['A 60 192.0.2.1', 'TXT 60 "a web i-9 192.0.2.1"'])
  await expect(change({remove: [one('i-1')]})).rejects.toThrow('not marked as mcd')
})

test('a stranger’s other spelling of our value stays when ours leaves', async () => {
  const {change, sets, change: _, ...stage} = await sceneOf()
  const six = simple('2001:db8::1', 'i-1', {type: 'AAAA'})
  await change({create: [six]})
  const set = (...values: string[]) => ({name: NAME, type: 'AAAA', ttlSeconds: 60, values})
  stage.world.route53.changeRecordSets({name: 'operator'}, stage.zone.id, [
    {action: 'DELETE', recordSet: set('2001:db8::1')},
    {action: 'CREATE', recordSet: set('2001:DB8:0::1', '2001:db8::1')},
  ])
  await change({remove: [six]})
  expect(sets()).toEqual(['AAAA 60 2001:DB8:0::1'])
})

test.each(['multivalue', 'weighted'] as const)(
  '%s sets become one simple set in one step, and go back',
  async from => {
    const {change, sets, list, changes} = await sceneOf()
    const ids = ['i-1', 'i-2']
    const alone = ids.map(id => ({...one(id), routing: from, ...(from === 'weighted' && {weight: 3})}))
    await change({create: [...alone, hold('i-2')]})
    const before = sets()
    const start = changes()
    await change({remove: await list(), create: [...ids.map(one), held('i-2')]})
    expect(sets()).toEqual([
      'A 60 192.0.2.1 192.0.2.2',
      'TXT 60 "a web i-1 192.0.2.1" "a web i-2 192.0.2.2" "out i-2" "txt web i-2 out i-2"',
    ])
    await change({remove: (await list()).filter(({mark}) => mark), create: [...alone, hold('i-2')]})
    expect(sets()).toEqual(before)
    expect(changes()).toBe(start + 2)
  },
)

test('multivalue sets become weighted ones in one step', async () => {
  const {change, sets, list, changes} = await sceneOf()
  const three = ['i-1', 'i-2', 'i-3']
  await change({create: three.map(id => ({...one(id), routing: 'multivalue'}))})
  const start = changes()
  await change({
    remove: await list(),
    create: three.map(id => ({...one(id), routing: 'weighted', weight: 9})),
  })
  expect(changes()).toBe(start + 1)
  expect(sets()).toEqual(three.map((id, at) => `A mcd:v1:web:${id} 9 60 192.0.2.${at + 1}`))
})

test('whoever joined by another routing meanwhile is seen, and nothing is moved without them', async () => {
  const {change, create, list, sets} = await sceneOf()
  await change({create: [{...one('i-1'), routing: 'multivalue'}]})
  const read = await list()
  create({
    name: NAME,
    type: 'A',
    ttlSeconds: 60,
    values: ['192.0.2.7'],
    setIdentifier: 'x',
    multiValueAnswer: true,
  })
  await expect(change({remove: read, create: [one('i-1')]})).rejects.toThrow(ConflictError)
  expect(sets()).toEqual(['A mcd:v1:web:i-1 60 192.0.2.1', 'A x 60 192.0.2.7'])
})

test('as many as are not refused fit into one change, foreign values among them', async () => {
  const {create, change, sets, list} = await sceneOf()
  const id = (i: number) => `i-${String(i).padStart(17, '0')}`
  const many = Array.from({length: 240}, (_, i) => simple(`198.51.100.${i}`, id(i)))
  const strangers = Array.from({length: 20}, (_, i) => `203.0.113.${i}`)
  create({name: NAME, type: 'A', ttlSeconds: 60, values: strangers})
  await change({create: many})
  await change({
    create: [simple('198.51.100.255', id(255))],
    remove: (await list()).filter(({mark}) => mark).slice(0, 1),
  })
  expect(sets()[0]?.split(' ')).toHaveLength(2 + 260)
})

test('a value comes with proof of its entry, also where one was left over', async () => {
  const {create, change, sets, world, zone} = await sceneOf()
  const companion = (...values: string[]) => ({name: HOLDS, type: 'TXT', ttlSeconds: 60, values})
  create(companion('"a web i-1 192.0.2.1"', '"note"'))
  let isFirst = true
  world.calls.faults = {
    before({action}) {
      if (action !== 'ChangeResourceRecordSets' || !isFirst) return
      isFirst = false
      world.route53.changeRecordSets({name: 'operator'}, zone.id, [
        {action: 'UPSERT', recordSet: companion('"note"')},
      ])
    },
    after() {},
  }
  await change({create: [one('i-1')]})
  expect(sets()).toEqual(['A 60 192.0.2.1', 'TXT 60 "note" "a web i-1 192.0.2.1"'])
})
