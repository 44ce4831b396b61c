import {afterAll, expect, test} from 'vitest'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {workplaces} from '../support/cli.ts'
import {dig} from '../support/clients.ts'
import {has} from '../support/programs.ts'
import {NAME, twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

test.skipIf(!has('dig'))(
  'dig no longer finds an instance that is drained, finds it again when it is let in, and it lived all the while',
  async () => {
    const place = all.open()
    const registration = has('curl') ? 'self' : 'mcd'
    place.write(twoCloudFleet({vendor: 'route53', registration, virginia: 2, east: 1}))
    const {instances} = await place.up()
    const [one] = instances
    const {id = '', publicIp} = one ?? {}
    const server = (await place.sandbox()).endpoints.dns.route53
    expect(await dig(server, NAME)).toContain(publicIp)

    const drained = await place.mcd(['drain', id.slice(0, 12), '--sandbox', '--json'])
    expect(drained.exitCode, drained.stderr).toBe(0)
    expect(drained.json<RunReport>().notes.join()).toContain(`${id} is drained on purpose since`)
    expect(await dig(server, NAME)).toHaveLength(2)
    expect(await dig(server, NAME)).not.toContain(publicIp)

    const {stdout} = await place.mcd(['state', 'show', '--sandbox'])
    expect(stdout).toMatch(/DRAINED\n {2}\S+, since/)
    const up = await place.up()
    expect(up).toMatchObject({exit: 0, actions: []})
    expect(up.instances.map(each => each.id)).toEqual(instances.map(each => each.id))
    expect(await dig(server, NAME)).not.toContain(publicIp)

    const back = await place.mcd(['undrain', '--all', '--sandbox', '--json'])
    expect(back.exitCode, back.stderr).toBe(0)
    expect((await dig(server, NAME)).sort()).toEqual(instances.map(each => each.publicIp).sort())

    const now = await place.mcd(['down', '--group', 'east', '--now', '--sandbox'])
    expect(now.exitCode).toBe(2)
    expect(now.stderr).toContain('Because of --now 1 instance ends while resolvers may still remember it')
    expect(now.stderr).toContain(`at ${NAME} from 3s to 4m15s`)
    expect(await dig(server, NAME)).toHaveLength(3)
  },
)

test.each([
  [['drain'], 'Which instance is to be drained?'],
  [['undrain', 'i-0abcdef01', '--all'], '--all lets in everyone'],
  [['ttl', 'lower', '5'], 'A TTL is whole seconds with a unit'],
  [['replace', '--lower-ttl'], 'A replacement ends instances.'],
])('mcd %j is refused before anything is looked at', async (args, why) => {
  const place = all.open()
  place.write(twoCloudFleet({vendor: 'route53', registration: 'mcd'}))
  const {exitCode, stderr} = await place.mcd(args)
  expect(stderr).toContain(why)
  expect(exitCode).toBe(2)
})
