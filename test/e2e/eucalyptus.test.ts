import {afterAll, expect, test} from 'vitest'
import {workplaces} from '../support/cli.ts'
import {fleetText} from '../support/fleet-text.ts'
import {effectsOf, mutatingCalls} from '../support/request-log.ts'

const all = workplaces()
afterAll(() => all.endAll())

test('a group on a cloud that only speaks EC2 comes up with its marks following the launch, and goes down', async () => {
  const place = all.open()
  const group = `{provider: aws, endpoint: "http://euca.example:8773/services/compute", compatible: eucalyptus,
    region: our-own-cellar, count: 2, type: m1.small, image: ubuntu-24.04}`
  place.write(fleetText({groups: {cellar: group}}))
  const report = await place.up()
  expect(report.shortcomings).toEqual([])
  expect(report).toMatchObject({
    converged: true,
    groups: [{name: 'cellar', provider: 'aws', region: 'our-own-cellar', live: 2}],
    instances: [
      {health: 'healthy', inDns: true},
      {health: 'healthy', inDns: true},
    ],
  })
  const sandbox = await place.sandbox()
  const ids = report.instances.map(({id}) => id)
  expect(
    sandbox.requests.filter(({action}) => action === 'RunInstances').flatMap(({effects}) => effects),
  ).toEqual(expect.arrayContaining(ids.map(id => `launch ${id}`)))
  const marked = effectsOf(sandbox, 'tag ').map(({effect}) => effect.slice('tag '.length))
  expect(marked).toEqual(expect.arrayContaining(ids))

  // Known again by those marks alone: nothing is launched twice.
  const calls = mutatingCalls(sandbox)
  expect(await place.up()).toMatchObject({converged: true, actions: []})
  expect(mutatingCalls(await place.sandbox())).toEqual(calls)

  expect(await place.down()).toMatchObject({converged: true, instances: [], dns: {records: []}})
  const after = await place.sandbox()
  expect(after.instances.map(({power}) => power)).toEqual(['off', 'off'])
  expect(effectsOf(after, 'delete security group')).toHaveLength(1)
})
