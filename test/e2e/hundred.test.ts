import {afterAll, expect, test} from 'vitest'
import {workplaces} from '../support/cli.ts'
import {mutatingCalls, stillThere} from '../support/request-log.ts'

const FLEET = `fleet: web
service:
  port: 80
  health: {path: /, interval: 1s, timeout: 2s, healthy: 1}
userdata:
  template: nginx
groups:
  virginia:
    provider: aws
    region: us-east-1
    count: 100
    type: t3.micro
    image: ubuntu-24.04
dns:
  provider: route53
  zone: example.com
  name: www
  ttl: 5s
  registration: mcd
drain: {wait: 2s}
`

/** Looks that a run may take at the start and after each step, beside one a second while it waits. */
const STEPS = 12

const all = workplaces()
afterAll(() => all.endAll())

test('a hundred instances cost one launch a zone and at most two DNS writes, and are looked at together', async () => {
  const place = all.open()
  place.write(FLEET)
  await place.startSandbox('shared')

  const startedAtMs = Date.now()
  const report = await place.up()
  const tookSeconds = (Date.now() - startedAtMs) / 1_000
  expect(report).toMatchObject({converged: true, exit: 0, groups: [{desired: 100, live: 100}]})
  expect(report.instances.filter(({inDns, health}) => inDns && health === 'healthy')).toHaveLength(100)

  const {calls} = await place.sandbox()
  process.stdout.write(`up of 100 took ${tookSeconds.toFixed(1)} s: ${JSON.stringify(calls)}\n`)
  const zones = new Set(report.instances.map(({zone}) => zone))
  expect(zones.size).toBeGreaterThan(1)
  expect(mutatingCalls({calls})).toEqual({
    'ec2:RunInstances': zones.size,
    'ec2:CreateSecurityGroup': 1,
    'ec2:AuthorizeSecurityGroupIngress': 1,
    'route53:ChangeResourceRecordSets': expect.toSatisfy((count: number) => count <= 2),
  })
  const looks = Object.entries(calls).filter(([call]) => /:(?:Describe|List)/.test(call))
  for (const [call, count] of looks) expect(count, call).toBeLessThanOrEqual(STEPS + tookSeconds)

  const down = await place.down()
  expect(down).toMatchObject({converged: true, exit: 0, instances: []})
  const after = await place.sandbox()
  process.stdout.write(`and after down: ${JSON.stringify(after.calls)}\n`)
  expect(stillThere(after)).toEqual([])
  expect(after.instances.filter(({power}) => power === 'on')).toEqual([])
})
