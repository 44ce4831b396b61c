import {expect, test} from 'vitest'
import {joyentCompute} from '../../../src/providers/joyent/compute.ts'
import {PLACE, wish} from '../../contract/joyent-scenes.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

/** How many requests were under way at once, and when each went out, while a launch was resolved. */
async function resolving(limits: {concurrency?: number; perSecond?: number}) {
  const time = new VirtualTime({startMs: 0})
  const runtime = time.runtime()
  const sentMs: number[] = []
  let underWay = 0
  let most = 0
  const provider = joyentCompute({
    place: PLACE,
    runtime,
    limits,
    async transport({path}) {
      sentMs.push(time.now())
      most = Math.max(most, ++underWay)
      await runtime.sleep(10)
      underWay--
      return {status: 200, body: path === 'datacenters' ? {one: 'https://one.example'} : []}
    },
  })
  await time.run(() => provider.resolveLaunch(wish({networks: ['external']})).catch(() => {}))
  return {most, sentMs}
}

test('requests go out side by side, and one at a time where the fleet file says so', async () => {
  expect((await resolving({})).most).toBe(4)
  expect((await resolving({concurrency: 1})).most).toBe(1)
})

test('the rate of the fleet file holds from the first request on', async () => {
  expect((await resolving({perSecond: 1})).sentMs).toEqual([0, 1_000, 2_000, 3_000])
})
