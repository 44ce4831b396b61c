import {expect, test} from 'vitest'
import {AuthError, RefusedError} from '../../../src/errors.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {NAME, ours} from '../../contract/route53-scenes.ts'
import {DNS_SERVED_MS, route53Scene} from '../../support/route53-world.ts'
import {worldRoute53Dns} from '../../support/world-route53.ts'

async function sceneOf() {
  const stage = route53Scene()
  const dns = worldRoute53Dns(stage.world, stage.time.runtime())
  const zone = await stage.time.run(() => dns.findZone('example.com'))
  const counted = (action: string) => stage.world.calls.counts.get(`route53:${action}`) ?? 0
  const run = <T>(task: () => Promise<T>) => stage.time.run(task)
  return {...stage, dns, zone, counted, run}
}

const fleet = (count: number, name = NAME): Member[] =>
  Array.from({length: count}, (_, i) => ours(`192.0.2.${i}`, `i-${i}`, {name}))

test('a hundred members come with one writing call, and neighbouring names with one listing', async () => {
  const {dns, zone, counted, run} = await sceneOf()
  await run(() => dns.change(zone, {create: fleet(100), remove: []}))
  expect(counted('ChangeResourceRecordSets')).toBe(1)
  const before = counted('ListResourceRecordSets')
  expect(await run(() => dns.listMembers(zone, [`_mcd.${NAME}`, NAME]))).toHaveLength(100)
  expect(counted('ListResourceRecordSets')).toBe(before + 1)
})

test('a change that asks for nothing sends nothing', async () => {
  const {dns, zone, counted, run} = await sceneOf()
  await run(() => dns.change(zone, {create: [], remove: []}))
  expect(counted('ChangeResourceRecordSets')).toBe(0)
})

test('what is already there does not keep the rest from coming', async () => {
  const {dns, zone, run} = await sceneOf()
  const [first, second] = fleet(2)
  await run(() => dns.change(zone, {create: first ? [first] : [], remove: []}))
  await run(() => dns.change(zone, {create: fleet(2), remove: []}))
  const values = (await run(() => dns.listMembers(zone, [NAME]))).map(({value}) => value)
  expect(values).toEqual(['192.0.2.0', second?.value])
})

test('what Route53 would never take is refused with its reasons, after one look', async () => {
  const {dns, zone, counted, run} = await sceneOf()
  const outside = ours('192.0.2.1', 'i-1', {name: 'www.example.net'})
  await expect(run(() => dns.change(zone, {create: [outside], remove: []}))).rejects.toThrow(RefusedError)
  await expect(run(() => dns.change(zone, {create: [outside], remove: []}))).rejects.toThrow(
    'is not permitted in zone',
  )
  expect(counted('ChangeResourceRecordSets')).toBe(2)
})

test('patience outlasts a zone that is busy for a minute', async () => {
  const {dns, zone, world, run} = await sceneOf()
  world.route53.rejectNextChanges(zone.id, 7)
  await run(() => dns.change(zone, {create: fleet(1), remove: []}))
  expect(await run(() => dns.listMembers(zone, [NAME]))).toHaveLength(1)
})

test('credentials without the permission are an AuthError that says which', async () => {
  const {dns, zone, world, run} = await sceneOf()
  world.route53.policies.set('operator', ['ListResourceRecordSets'])
  await expect(run(() => dns.change(zone, {create: fleet(1), remove: []}))).rejects.toThrow(AuthError)
  await expect(run(() => dns.change(zone, {create: fleet(1), remove: []}))).rejects.toThrow(
    'ChangeResourceRecordSets',
  )
})

test('two public zones of one name are refused, private ones do not count', async () => {
  const {dns, world, run} = await sceneOf()
  world.route53.addZone('example.com', {callerReference: 'private', privateZone: true})
  await expect(run(() => dns.findZone('example.com'))).resolves.toMatchObject({name: 'example.com'})
  world.route53.addZone('example.com', {callerReference: 'second'})
  await expect(run(() => dns.findZone('example.com'))).rejects.toThrow(
    /2 public zones named example.com \(Z\w+, Z\w+\)/,
  )
})

test('a zone is found behind a hundred others', async () => {
  const {dns, world, run} = await sceneOf()
  for (let i = 0; i < 150; i++) world.route53.addZone(`z${i}.example.net`)
  for (let i = 0; i < 120; i++)
    world.route53.addZone('example.org', {callerReference: `private ${i}`, privateZone: true})
  const {id} = world.route53.addZone('example.org', {callerReference: 'public'})
  await expect(run(() => dns.findZone('example.org'))).resolves.toMatchObject({id})
})

test('without a receipt a removal counts as served a minute after it was seen gone', async () => {
  const {dns, zone, time, run} = await sceneOf()
  await run(() => dns.change(zone, {create: fleet(2), remove: []}))
  const [gone] = await run(() => dns.listMembers(zone, [NAME]))
  const removed = gone ? [gone] : []
  const served = (removedAtMs?: number) => run(() => dns.removalServed(zone, removed, undefined, removedAtMs))
  await time.advance(120_000)
  expect(await served()).toBe(false)
  await run(() => dns.change(zone, {create: [], remove: removed}))
  expect(await served()).toBe(false)
  expect(await served(time.now() - 60_000)).toBe(true)
  await time.advance(60_000)
  expect(await served()).toBe(true)
})

test('a removal that somebody else made first has no id, and counts as served a minute later', async () => {
  const {dns, zone, time, run} = await sceneOf()
  await run(() => dns.change(zone, {create: fleet(1), remove: []}))
  const removed = await run(() => dns.listMembers(zone, [NAME]))
  await run(() => dns.change(zone, {create: [], remove: removed}))
  const receipt = await run(() => dns.change(zone, {create: [], remove: removed}))
  await time.advance(DNS_SERVED_MS)
  expect(await run(() => dns.removalServed(zone, removed, receipt))).toBe(false)
  await time.advance(60_000)
  expect(await run(() => dns.removalServed(zone, removed, receipt))).toBe(true)
})

test('a receipt that Route53 has forgotten is judged by its age', async () => {
  const {dns, zone, time, run} = await sceneOf()
  const receipt = {id: 'C0FORGOTTEN'}
  expect(await run(() => dns.removalServed(zone, [], receipt, time.now() - 59_000))).toBe(false)
  expect(await run(() => dns.removalServed(zone, [], receipt, time.now() - 60_000))).toBe(true)
})
