import {afterAll, expect, test} from 'vitest'
import {addFault, clearFaults, listFaults} from '../../src/sandbox/client.ts'
import type {FaultOrder} from '../../src/sandbox/world/faults/kinds.ts'
import {type Outcome, type Running, type Workplace, workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {sandboxOf} from '../support/killed-run.ts'
import {effectsOf} from '../support/request-log.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

/** A CI job that is cancelled: SIGTERM, and ten seconds to end in. None of these runs is ever given the answer it waits for. */

const all = workplaces()
afterAll(() => all.endAll())

/** A fleet of two whose journal lies in a bucket, and a sandbox where this goes wrong. */
async function troubled(order: FaultOrder): Promise<Workplace> {
  const place = all.open()
  const fleet = twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia: 1, east: 1})
  place.write(`${fleet}state: s3://acme-state/mcd\n`)
  await place.startSandbox('shared')
  await addFault(await sandboxOf(place), order)
  return place
}

async function cancel(run: Running): Promise<Outcome> {
  run.kill('SIGTERM')
  return run.ended
}

test.concurrent('a call that gets no answer is left to the next run, and the lease, in a bucket, is given back', async () => {
  const place = await troubled({target: 'aws:RunInstances', kind: 'hold-after'})
  const run = place.begin(['up', '--sandbox'])
  await eventually(async () => effectsOf(await place.sandbox(), 'launch ').length > 0)

  const waiting = place.begin(['up', '--sandbox', '--wait'])
  await eventually(() => waiting.said().includes('waits for its turn'))
  expect((await cancel(waiting)).exitCode, 'who waits for its turn').toBe(143)

  // Some runners tell every process of a job, and those that started mcd pass it on: it is one signal all the same.
  run.kill('SIGTERM')
  await eventually(() => run.said().includes('Finishing the call in flight'))
  const {exitCode, stderr} = await cancel(run)
  expect(exitCode, stderr).toBe(143)
  expect(stderr).toContain('had no answer after 8 s. The next run finds out what came of it.')
  const {stdout} = await place.mcd(['state', 'unlock', '--sandbox'])
  expect(stdout).toContain('Nothing to unlock')

  await clearFaults(await sandboxOf(place))
  const rerun = await place.up()
  expect(rerun).toMatchObject({converged: true, exit: 0, groups: [{live: 1}, {live: 1}]})
  const launched = effectsOf(await place.sandbox(), 'launch ')
  expect(launched, 'what it had launched is part of the fleet').toHaveLength(1)
})

const LOOKS = ['plan', 'status', 'status --watch', 'sync --watch']

test.concurrent(`${LOOKS.join(', ')}: each ends with 143 while a cloud never answers its look`, async () => {
  const place = await troubled({target: 'aws:DescribeInstances', kind: 'timeout', times: 100})
  const runs = LOOKS.map(command => place.begin([...command.split(' '), '--sandbox']))
  const caught = async () => (await listFaults(await sandboxOf(place)))[0]?.fired
  await eventually(async () => ((await caught()) ?? 0) >= LOOKS.length)
  const ends = await Promise.all(runs.map(cancel))
  expect(ends.map(({exitCode}) => exitCode)).toEqual(LOOKS.map(() => 143))
})
