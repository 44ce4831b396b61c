import {afterAll, expect, test} from 'vitest'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

/** The process of a machine is killed: it says no last word, and its record stands. */
async function killHard(place: Workplace, id: string): Promise<void> {
  const {instances} = await place.sandbox()
  const pid = instances.find(machine => machine.id === id)?.pid
  if (pid === undefined) throw new Error(`${id} has no process`)
  process.kill(pid, 'SIGKILL')
}

const recordsOf = ({dns}: Pick<RunReport, 'dns'>) => dns.records.map(({instance}) => instance).sort()

test('the record of a machine that died without a word is taken out, by sync and by one that watches until Ctrl-C', async () => {
  const place = all.open()
  place.write(twoCloudFleet({vendor: 'route53', registration: 'mcd', east: 1}))
  const up = await place.up()
  const [first = '', second = '', ...others] = up.instances.map(({id}) => id)

  await killHard(place, first)
  const sync = await place.mcd(['sync', '--sandbox', '--json'])
  expect(sync.exitCode, sync.stderr).toBe(0)
  const report = sync.json<RunReport>()
  expect(recordsOf(report)).toEqual([second, ...others].sort())
  expect(report.notes).toContainEqual(expect.stringContaining(`${first} does not answer its health check`))

  const changesBefore = await dnsChanges(place)
  const watch = place.begin(['sync', '--sandbox', '--watch', '--interval', '500ms'])
  await killHard(place, second)
  await eventually(async () => (await dnsChanges(place)) > changesBefore)
  watch.kill('SIGINT')
  const {exitCode, stdout, stderr} = await watch.ended
  expect([exitCode, stderr]).toEqual([130, 'Watching www.example.com, every 500ms. Ctrl-C ends it.'])
  const address = up.instances.find(({id}) => id === second)?.publicIp
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(
      new RegExp(
        `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC {2}- www\\.example\\.com A ${address} \\(${second}\\): does not answer the health check`,
      ),
    ),
  ])
  expect((await place.mcd(['state', 'unlock', '--sandbox'])).stdout).toContain('Nothing to unlock')
})

/** Times that anybody changed the zone. */
async function dnsChanges(place: Workplace): Promise<number> {
  return (await place.sandbox()).calls['route53:ChangeResourceRecordSets'] ?? 0
}
