import {expect, test} from 'vitest'
import type {DrainQuiet} from '../../../src/fleet/model.ts'
import {connectionWatch} from '../../../src/fleet/observe/quiet.ts'
import type {Connections, Quiet} from '../../../src/fleet/observed.ts'
import {fleet, instance} from '../../support/fleet-builder.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const MACHINE = instance('i-7')
const NONE = {connections: 0}
const TWO = {connections: 2}

/** Looks whenever it is time to, as a run does, and sees one after the other of these; the last one for ever. */
async function watching(seen: readonly Connections[], over: Partial<DrainQuiet> = {}, untilMs = 3_600_000) {
  const drainQuiet: DrainQuiet = {forMs: 30_000, maxMs: 86_400_000, by: {kind: 'ssh'}, ...over}
  const time = new VirtualTime()
  const startMs = time.now()
  const looks: number[] = []
  const count = async () => {
    looks.push(time.now() - startMs)
    return seen[Math.min(looks.length, seen.length) - 1] as Connections
  }
  const watch = connectionWatch(fleet([], {drainQuiet}), count, time.runtime())
  watch.watch([MACHINE.id])
  let quiet: Quiet | undefined
  while (!quiet?.isQuiet && time.now() - startMs < untilMs) {
    quiet = (await watch.look([MACHINE])).get(MACHINE.id)
    if (!quiet?.isQuiet) await time.advance((quiet?.lookAgainAtMs ?? 0) - time.now())
  }
  return {quiet, looks, afterMs: time.now() - startMs}
}

test('nobody in seven looks, five seconds apart, is quiet for thirty seconds', async () => {
  const {looks, afterMs} = await watching([NONE])
  expect(looks).toEqual([0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000])
  expect(afterMs).toBe(30_000)
})

test.each([
  [1_200, 7, 200],
  [180_000, 7, 30_000],
  [600_000, 21, 30_000],
])('quiet for %i ms are %i looks, %i ms apart', async (forMs, many, everyMs) => {
  const {looks} = await watching([NONE], {forMs})
  expect(looks).toEqual(Array.from({length: many}, (_, index) => index * everyMs))
})

test('somebody in between begins it anew', async () => {
  const {looks} = await watching([NONE, NONE, NONE, TWO, NONE])
  expect(looks).toHaveLength(4 + 7)
})

test('a look that could not be had is no look without anybody', async () => {
  const {looks} = await watching([NONE, NONE, NONE, {why: 'ssh: connect to host'}, NONE])
  expect(looks).toHaveLength(4 + 7)
})

test('who can never be asked is never quiet', async () => {
  const {quiet, afterMs} = await watching([{why: 'Permission denied'}])
  expect(quiet).toMatchObject({isQuiet: false, seen: {why: 'Permission denied'}})
  expect(afterMs).toBeGreaterThanOrEqual(3_600_000)
})

test('who is in use for hours is asked more rarely, every five minutes at least', async () => {
  const {looks} = await watching([TWO], {}, 6 * 3_600_000)
  const gaps = looks.slice(1).map((atMs, index) => atMs - (looks[index] ?? 0))
  expect(Math.min(...gaps)).toBe(5_000)
  expect(Math.max(...gaps)).toBe(300_000)
  expect(looks.length).toBeLessThan(150)
})

test('only those that are waited for are asked, while they run', async () => {
  const asked: string[] = []
  const watch = connectionWatch(
    fleet([], {drainQuiet: {forMs: 30_000, maxMs: 600_000, by: {kind: 'ssh'}}}),
    async ({address}) => {
      asked.push(address)
      return NONE
    },
    new VirtualTime().runtime(),
  )
  await watch.look([MACHINE, instance('i-8')])
  expect(asked).toEqual([])
  watch.watch(['i-7', 'i-9'])
  await watch.look([MACHINE, instance('i-8'), instance('i-9', {state: 'stopping'})])
  expect(asked).toEqual(['192.0.2.7'])
})

const {publicIp: ipv4, ...WITHOUT_IPV4} = MACHINE

test.each([
  ['IPv4 where there is both', {...MACHINE, publicIpv6: '2001:db8::7'}, ipv4],
  ['IPv6 where there is nothing else', {...WITHOUT_IPV4, publicIpv6: '2001:db8::7'}, '2001:db8::7'],
])('it is asked at the address by which it is reached: %s', async (_, machine, wanted) => {
  const asked: string[] = []
  const drainQuiet: DrainQuiet = {forMs: 30_000, maxMs: 86_400_000, by: {kind: 'ssh'}}
  const watch = connectionWatch(
    fleet([], {drainQuiet}),
    async ({address}) => {
      asked.push(address)
      return NONE
    },
    new VirtualTime().runtime(),
  )
  watch.watch([machine.id])
  await watch.look([machine])
  expect(asked).toEqual([wanted])
})
