import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {query} from '../../src/dns/query.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {sqliteJournal} from '../../src/journal/sqlite.ts'
import {realRuntime} from '../../src/runtime.ts'
import {resetSandbox, sandboxStatus} from '../../src/sandbox/client.ts'
import type {Sandbox} from '../../src/sandbox/running.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {type KillPoint, killPoints, killWhen, nameOf, runKilled, sandboxOf} from '../support/killed-run.ts'
import {stillThere} from '../support/request-log.ts'
import {mulberry32} from '../support/virtual-runtime.ts'

/** Law 4 from outside: the built mcd, killed with SIGKILL while a call of it is held, and run once more. */

const LONG = process.env.MCD_LONG === '1'
/**
 * Every point is walked with MCD_LONG=1; elsewhere every twenty-fifth, from another one for each vendor, and none at which Route53's
 * receipt for a removal is lost: a minute has to pass then (route53/served.ts).
 */
const EVERY = LONG ? 1 : 25
const FIRST = LONG ? {cloudflare: 0, route53: 0} : {cloudflare: 4, route53: 9}
const RANDOM_KILLS = LONG ? 30 : 2
const TIMEOUT_MS = LONG ? 3_600_000 : 600_000

type Vendor = 'cloudflare' | 'route53'

const all = workplaces()
afterAll(() => all.endAll())

const fleet = (vendor: Vendor, counts: {virginia: number; east: number}, ...more: string[]): string =>
  fleetText({
    vendor,
    drain: '0s',
    groups: {virginia: aws(counts.virginia, ...more), east: joyent(counts.east, MNX)},
  })

/** What is there, by what the sandbox itself runs, answers and has logged; nothing of it through mcd. */
async function truth(place: Workplace, vendor: Vendor) {
  const sandbox = await sandboxOf(place)
  const status = await sandboxStatus(sandbox)
  const living = status.instances.filter(({power}) => power === 'on' || power === 'going-down')
  const count = (wanted: string) => living.filter(({cloud}) => cloud === wanted).length
  const {answers} = await query(sandbox.endpoints.dns[vendor], 'www.example.com', 'A', {
    timeoutMs: 3_000,
    runtime: realRuntime(),
  })
  const journal = await sqliteJournal(join(place.folder, '.mcd/sandbox/journals/web/journal.sqlite'), {
    readOnly: true,
  })
  const {lease} = await readRecorded(journal)
  await journal.close()
  return {
    virginia: count('ec2'),
    east: count('triton'),
    addresses: living.map(({publicIp}) => publicIp).sort(),
    dns: answers.map(({value}) => value).sort(),
    /** Instances, records, ingress: everything that was made and not removed again. */
    things: stillThere(status).length,
    lease,
  }
}

/** The exact end, whatever happened on the way. */
function exactly({virginia, east, things}: {virginia: number; east: number; things: number}) {
  return (found: Awaited<ReturnType<typeof truth>>) => {
    expect(found).toMatchObject({virginia, east, things, lease: undefined})
    expect(found.dns).toEqual(found.addresses)
    expect(new Set(found.addresses).size).toBe(virginia + east)
  }
}

const WANTED = {virginia: 2, east: 2}

const ROLLOUT = 'a change of the launch spec'

type Story = {
  readonly command: readonly ['up' | 'down', ...string[]]
  readonly counts: typeof WANTED
  /** What stands before, and what the file says then. */
  prepare(place: Workplace, vendor: Vendor): Promise<void>
}

const STORIES: Readonly<Record<string, Story>> = {
  'a fresh up': {
    command: ['up'],
    counts: WANTED,
    prepare: async (place, vendor) => place.write(fleet(vendor, WANTED)),
  },
  [ROLLOUT]: {
    command: ['up', '--yes'],
    counts: WANTED,
    async prepare(place, vendor) {
      place.write(fleet(vendor, WANTED))
      await place.up()
      place.write(fleet(vendor, WANTED, 'disk: 20GB'))
    },
  },
  'a down': {
    command: ['down', '--yes'],
    counts: {virginia: 0, east: 0},
    async prepare(place, vendor) {
      place.write(fleet(vendor, WANTED))
      await place.up()
    },
  },
}

async function fresh(place: Workplace, story: Story, vendor: Vendor): Promise<Sandbox> {
  await resetSandbox(place.folder)
  await story.prepare(place, vendor)
  return sandboxOf(place)
}

const rerun = (place: Workplace, [verb, ...flags]: Story['command']) =>
  verb === 'up' ? place.up(...flags) : place.down()

/** What went wrong after a kill at this point; undefined when the rerun made it whole. */
async function killedAt(
  place: Workplace,
  story: Story,
  vendor: Vendor,
  point: KillPoint,
  things: number,
): Promise<string | undefined> {
  await fresh(place, story, vendor)
  const {call, skip, kind} = point
  const isKilled = await runKilled(place, story.command, {target: call, kind, skip})
  try {
    expect(isKilled, 'the run came to this point').toBe(true)
    const {exit, shortcomings} = await rerun(place, story.command)
    expect([exit, shortcomings]).toEqual([0, []])
    exactly({...story.counts, things})(await truth(place, vendor))
    return undefined
  } catch (error) {
    return `${nameOf(point)}: ${(error as Error).message}`
  }
}

describe.concurrent.each(['cloudflare', 'route53'] as const)('EC2 and Triton with %s', vendor => {
  // A rollout takes long: elsewhere one vendor stands for both.
  const stories = Object.entries(STORIES).filter(([name]) => LONG || vendor === 'route53' || name !== ROLLOUT)
  test.each(stories)(
    '%s, killed at any call that changes something, is whole after one plain rerun',
    {timeout: TIMEOUT_MS},
    async (name, story) => {
      const place = all.open()
      await place.startSandbox('shared')
      const sandbox = await fresh(place, story, vendor)
      const before = (await sandboxStatus(sandbox)).requests.length
      expect(await rerun(place, story.command)).toMatchObject({exit: 0})
      const points = await killPoints(sandbox, before)
      const {things} = await truth(place, vendor)
      const walked = points.filter((_, index) => index % EVERY === FIRST[vendor])

      const startedAtMs = Date.now()
      const failures: string[] = []
      for (const point of walked) {
        const failure = await killedAt(place, story, vendor, point, things)
        if (failure) failures.push(failure)
      }
      const tookSeconds = ((Date.now() - startedAtMs) / 1_000).toFixed(0)
      process.stdout.write(
        `${name} with ${vendor}: killed at ${walked.length} of ${points.length} points in ${tookSeconds} s${LONG ? '' : `: ${walked.map(nameOf).join(', ')}`}\n`,
      )
      expect(failures.join('\n\n')).toBe('')
      expect(walked.length).toBeGreaterThan(0)
    },
  )
})

describe.concurrent('requests under way when their sender dies', () => {
  test.each([
    ['aws:RunInstances', 3_000],
    ['joyent:CreateMachine', 3_000],
    ['joyent:CreateMachine', 7_000],
  ] as const)(
    '%s arrives %i ms later, while the rerun works: exactly the declared fleet',
    {timeout: TIMEOUT_MS},
    async (target, ms) => {
      const place = all.open()
      await place.startSandbox('shared')
      place.write(fleet('route53', WANTED))
      // Cleared with its time still running: what is under way arrives all the same.
      expect(await runKilled(place, ['up'], {target, kind: 'delay', ms})).toBe(true)
      const {exit, shortcomings} = await place.up()
      expect([exit, shortcomings]).toEqual([0, []])
      // Two instances a group, each with a record, and two pieces of ingress.
      exactly({...WANTED, things: 10})(await truth(place, 'route53'))
    },
  )
})

test.concurrent('an up of twenty, killed at moments that a seed chooses, has exactly twenty instances and addresses after one rerun', {
  timeout: TIMEOUT_MS,
}, async () => {
  const place = all.open()
  await place.startSandbox('shared')
  // CloudFlare's servers answer with every address, Route53's with eight of them.
  place.write(fleet('cloudflare', {virginia: 10, east: 10}))
  expect(await place.up()).toMatchObject({exit: 0})
  const whole = await truth(place, 'cloudflare')
  const all20 = exactly({virginia: 10, east: 10, things: whole.things})
  all20(whole)
  const requests = async () => (await sandboxStatus(await sandboxOf(place))).requests.length
  const total = await requests()

  const random = mulberry32(20)
  const moments: number[] = []
  for (let kill = 0; kill < RANDOM_KILLS; kill++) {
    await resetSandbox(place.folder)
    const moment = 1 + Math.floor(random() * total)
    const isKilled = await killWhen(place, ['up'], async () => (await requests()) >= moment)
    moments.push(moment)
    const {exit, shortcomings} = await place.up()
    expect([exit, shortcomings], `killed at request ${moment} of ${total}: ${isKilled}`).toEqual([0, []])
    all20(await truth(place, 'cloudflare'))
  }
  process.stdout.write(
    `an up of 20: killed ${moments.length} times, after ${moments.join(', ')} of about ${total} requests; 20 instances and 20 addresses each time\n`,
  )
})
