import {expect, test} from 'vitest'
import type {DrainQuiet} from '../../../src/fleet/model.ts'
import type {Quiet} from '../../../src/fleet/observed.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import {
  desired,
  fleet,
  group,
  instance,
  left,
  NOW_MS,
  observed,
  recorded,
} from '../../support/fleet-builder.ts'
import {only, ready} from '../../support/plan-builder.ts'

const QUIET: DrainQuiet = {forMs: 30_000, maxMs: 600_000, by: {kind: 'ssh'}}
/** The TTL of 60 s and the margin. */
const REMEMBERED_MS = 65_000
const SINCE_MS = NOW_MS + REMEMBERED_MS

const goes = instance('i-7')
const stays = instance('i-8')

const seen = (over: Partial<Quiet> = {}): Quiet => ({
  seen: {connections: 0},
  isQuiet: false,
  lookAgainAtMs: SINCE_MS + 5_000,
  ...over,
})

/** i-7 left DNS, which was served at NOW_MS; some time later somebody plans. */
function planAt(atMs: number, quiet?: Quiet, drainQuiet: DrainQuiet | null = QUIET, state = goes.state) {
  const of = fleet([group('virginia', 1)], drainQuiet ? {drainQuiet} : {})
  const seenNow = {
    ...observed({instances: [{...goes, state}, stays], atMs}),
    ...(quiet && {quiet: new Map([[goes.id, quiet]])}),
  }
  return plan(desired(of), recorded(...left(goes, {servedAtMs: NOW_MS})), seenNow, 'run-1')
}

const waits = (of: ReturnType<typeof plan>) =>
  ready(of).flatMap(action => (action.kind === 'drain' ? [action.until] : []))
const ends = (of: ReturnType<typeof plan>) => only(of, 'terminate').filter(({after}) => after.length === 0)

test.each<[rule: string, atMs: number, quiet: Quiet | undefined, wait: string[]]>([
  ['while resolvers may remember, nobody is asked', SINCE_MS - 1, undefined, ['forgotten']],
  ['then it is waited for, though nobody has looked yet', SINCE_MS, undefined, ['quiet']],
  ['somebody is connected', SINCE_MS, seen({seen: {connections: 2}}), ['quiet']],
  ['one look without anybody is not quiet', SINCE_MS, seen(), ['quiet']],
  ['who cannot be asked is not quiet', SINCE_MS + 599_999, seen({seen: {why: 'ssh'}}), ['quiet']],
  ['who is quiet ends', SINCE_MS, seen({isQuiet: true}), []],
  ['however late it is, it is asked once', SINCE_MS + 600_000, undefined, ['quiet']],
  ['when drain.max has passed it ends', SINCE_MS + 600_000, seen({seen: {connections: 2}}), []],
])('%s', (_rule, atMs, quiet, wait) => {
  const next = planAt(atMs, quiet)
  expect(waits(next)).toEqual(wait)
  expect(ends(next).flatMap(({instances}) => instances)).toEqual(wait.length === 0 ? ['i-7'] : [])
})

test('where the file does not ask for it, an instance ends when resolvers have forgotten it', () => {
  expect(ends(planAt(SINCE_MS, undefined, null)).map(({instances}) => instances)).toEqual([['i-7']])
})

test('nobody is connected to what somebody has stopped', () => {
  expect(waits(planAt(SINCE_MS, undefined, QUIET, 'stopped'))).toEqual([])
})

test('the wait says who is connected, when it is asked for again and when it ends all the same', () => {
  const [wait] = only(planAt(SINCE_MS, seen({seen: {connections: 2}})), 'drain')
  expect(wait).toMatchObject({
    instances: ['i-7'],
    uses: [{instance: 'i-7', connections: 2}],
    lookAtMs: SINCE_MS + 5_000,
    untilMs: SINCE_MS + 600_000,
    reason: 'each ends once nobody has been connected to it for 30s, or after 10m',
  })
})

test.each<[rule: string, quiet: Quiet, use: object]>([
  ['with the connections left', seen({seen: {connections: 2}}), {connections: 2}],
  ['with why they are not known', seen({seen: {why: 'ssh said no'}}), {why: 'ssh said no'}],
])('an end that did not become quiet says so: %s', (_rule, quiet, use) => {
  const [end] = ends(planAt(SINCE_MS + 600_000, quiet))
  expect(end?.inUse).toEqual([{instance: 'i-7', ...use}])
  expect(ends(planAt(SINCE_MS, seen({isQuiet: true})))[0]).not.toHaveProperty('inUse')
})

test('a plan tells of it from the beginning', () => {
  const [first] = only(planAt(NOW_MS), 'drain')
  expect(first?.reason).toBe(
    'resolvers may remember the addresses for 65 s; then each ends once nobody has been connected to it for 30s, or after 10m',
  )
})
