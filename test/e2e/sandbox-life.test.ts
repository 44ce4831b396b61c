import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {has} from '../support/programs.ts'

const all = workplaces()
afterAll(() => all.endAll())

const FLEET = fleetText({groups: {virginia: aws(1), east: joyent(1, MNX)}})

/** Whether the process is there, as the system sees it. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const isGone = (pid: number) => eventually(() => !lives(pid))

const machinePids = async (place: Workplace) =>
  (await place.sandbox()).instances.flatMap(({pid}) => (pid === undefined ? [] : [pid]))

type Running = {pid: number; endpoints: {aws: string}; instances: {pid: number}[]}

test.skipIf(!has('curl'))(
  'init and up as the README says, in two folders: two sandboxes side by side, each ended alone (needs curl)',
  async () => {
    const places = [all.open(), all.open()] as const
    const begin = async (place: Workplace): Promise<Running> => {
      const flags = '--fleet shop --zone example.com --name www --dns route53 --cloud aws'
      const made = await place.mcd(['init', 'shop', ...flags.split(' ')])
      expect(made).toMatchObject({exitCode: 0, stdout: expect.stringContaining('mcd up --sandbox')})
      const text = readFileSync(join(place.folder, 'shop/mcd.yaml'), 'utf8')
      place.write(
        text.replace(/count: 2/, 'count: 1').replace('interval: 5s', 'interval: 1s'),
        'shop/mcd.yaml',
      )
      const up = await place.bash('cd shop && mcd up --sandbox --json')
      expect(up).toMatchObject({exitCode: 0})
      expect(up.json()).toMatchObject({fleet: 'shop', converged: true, instances: [{inDns: true}]})
      return (await place.bash('cd shop && mcd sandbox status --json')).json<Running>()
    }
    const [one, two] = await Promise.all([begin(places[0]), begin(places[1])])
    expect(one.endpoints.aws).not.toBe(two.endpoints.aws)

    const pidsOf = ({pid, instances}: Running) => [pid, ...instances.map(machine => machine.pid)]
    const stopped = await places[0].bash('cd shop && mcd sandbox stop')
    expect(stopped.stdout).toBe('The sandbox has ended.')
    await Promise.all(pidsOf(one).map(isGone))
    expect(pidsOf(two).map(lives)).toEqual([true, true])
    await places[1].bash('cd shop && mcd sandbox stop')
    await Promise.all(pidsOf(two).map(isGone))
  },
)

describe('one sandbox, from its start to its end', () => {
  const place = all.open()

  test('tells endpoints, process ids and the calls that were served', async () => {
    place.write(FLEET)
    expect(await place.up()).toMatchObject({converged: true})
    const sandbox = await place.sandbox()
    const url = expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+/)
    expect(sandbox.endpoints).toMatchObject({
      aws: url,
      eucalyptus: expect.stringMatching(/\/services\/compute$/),
      triton: url,
      cloudflare: expect.stringMatching(/\/client\/v4$/),
      dns: {cloudflare: {port: expect.any(Number)}, route53: {port: expect.any(Number)}},
    })
    expect(lives(sandbox.pid)).toBe(true)
    expect(sandbox.instances.map(({pid}) => lives(pid ?? 0))).toEqual([true, true])
    expect(sandbox.calls).toMatchObject({'ec2:RunInstances': 1, 'cloudapi:CreateMachine': 1})
  })

  test('a machine that is killed is unhealthy in mcd status, which says what to do; doing it mends the fleet', async () => {
    const {instances} = await place.sandbox()
    const crashed = instances.find(({cloud}) => cloud === 'ec2')
    process.kill(crashed?.pid ?? 0, 'SIGKILL')
    await isGone(crashed?.pid ?? 0)

    const {exitCode, stdout} = await place.mcd(['status', '--sandbox', '--check'])
    expect(exitCode).toBe(10)
    expect(stdout).toMatch(new RegExp(`^${crashed?.id} .* unhealthy `, 'm'))
    expect(stdout).toMatch(
      new RegExp(
        `${crashed?.id} (?:in group virginia )?(?:does not answer|no longer answers) its health check \\(.*\\).*  → mcd replace --sandbox ${crashed?.id}$`,
        'm',
      ),
    )
    const replaced = await place.mcd(['replace', crashed?.id ?? '', '--sandbox', '--yes', '--json'])
    const mended = replaced.json<RunReport>()
    expect(mended).toMatchObject({converged: true, instances: [{health: 'healthy'}, {health: 'healthy'}]})
    expect(mended.instances.map(({id}) => id)).not.toContain(crashed?.id)
  })

  test('reset empties it behind the same endpoints', async () => {
    const before = await place.sandbox()
    const pids = await machinePids(place)
    const {stdout} = await place.mcd(['sandbox', 'reset'])
    expect(stdout).toBe('The sandbox is empty again.')
    await Promise.all(pids.map(isGone))
    const after = await place.sandbox()
    expect(after).toMatchObject({pid: before.pid, endpoints: before.endpoints, calls: {}, instances: []})
    const {instances, differences} = await place.status()
    expect([instances, differences.map(({kind}) => kind)]).toEqual([
      [],
      expect.arrayContaining(['missing-instance']),
    ])
  })

  test('killed outright it leaves no machine behind, and what it left behind confuses nobody', async () => {
    place.write(fleetText({groups: {virginia: aws(1)}}))
    await place.up()
    const {pid} = await place.sandbox()
    const pids = await machinePids(place)
    process.kill(pid, 'SIGKILL')
    await Promise.all([pid, ...pids].map(isGone))

    expect((await place.mcd(['sandbox', 'status'])).stdout).toBe(
      'No sandbox is running here. "mcd sandbox start" starts one.',
    )
    expect((await place.mcd(['sandbox', 'stop'])).stdout).toBe('No sandbox was running here.')
    const fresh: FleetStatus = await place.status()
    expect(fresh.instances).toEqual([])
    expect((await place.sandbox()).pid).not.toBe(pid)
  })

  test('ends by itself when nobody uses it', async () => {
    await place.mcd(['sandbox', 'stop'])
    const {stdout} = await place.mcd(['sandbox', 'start', '--idle', '1s', '--json'])
    await isGone((JSON.parse(stdout) as {pid: number}).pid)
  })
})
