import {once} from 'node:events'
import {connect} from 'node:net'
import {afterAll, expect, test} from 'vitest'
import {workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
const place = all.open()
afterAll(() => all.endAll())

const file = (drain: string) =>
  twoCloudFleet({vendor: 'route53', registration: 'mcd', virginia: 1, east: 1, drain: 'DRAIN'}).replace(
    'drain: {wait: DRAIN}',
    `drain: {wait: 1s, ${drain}}`,
  )

test('an instance ends when its last client has gone, and not before', async () => {
  place.write(file('quiet: 1s, counter: /in-flight'))
  expect(await place.up()).toMatchObject({converged: true})
  const [used, other] = (await place.sandbox()).instances
  if (!used?.serving || !other) throw new Error('two instances should serve')
  const client = connect(used.serving.port, used.serving.host)
  await once(client, 'connect')

  const down = place.begin(['down', '--yes', '--sandbox'])
  await eventually(() => down.said().includes('1 connection on '))
  // The other one waits for nobody.
  await eventually(async () => (await stateOf(other.id)) === 'off')
  expect(await stateOf(used.id)).toBe('on')
  client.destroy()
  const {exitCode} = await down.ended
  expect(exitCode).toBe(0)
  expect(down.said()).not.toContain('drain.max')
  expect(await stateOf(used.id)).toBe('off')

  async function stateOf(machine: string) {
    return (await place.sandbox()).instances.find(({id}) => id === machine)?.power
  }
})

test('the sandbox has no ssh, and says so', async () => {
  place.write(file('quiet: true'))
  const {stderr, stdout} = await place.mcd(['plan', '--sandbox'])
  expect(`${stdout}${stderr}`).toContain("The sandbox's machines have no ssh")
})
