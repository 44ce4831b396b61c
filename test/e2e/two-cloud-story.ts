import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {RenderedGroup} from '../../src/runs/render-fleet.ts'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {sandboxPaths} from '../../src/sandbox/folder.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {curl, dig} from '../support/clients.ts'
import {eventually} from '../support/eventually.ts'
import {has} from '../support/programs.ts'
import {registrationScript} from '../support/registration-script.ts'
import {effectsOf, mutatingCalls, stillThere} from '../support/request-log.ts'
import {NAME, twoCloudFleet} from '../support/two-cloud-fleet.ts'

/** Enough visits that a member which is answered at all is met: missing one of six this often is a matter of ages. */
const VISITS = 100

/**
 * The life of one fleet, as its user sees it: up, looked at by dig and curl, left alone, raised, lowered, down. The tests
 * are chapters and run in order. Without curl the instances cannot register themselves, and mcd does it for them.
 */
export function twoCloudStory(vendor: 'cloudflare' | 'route53'): void {
  const registration = has('curl') ? 'self' : 'mcd'

  describe(`a fleet on two clouds with its name at ${vendor}`, () => {
    const all = workplaces()
    let place: Workplace
    let report: RunReport

    beforeAll(() => {
      place = all.open()
      place.write(twoCloudFleet({vendor, registration}))
    })
    afterAll(() => all.endAll())

    const ids = () => report.instances.map(({id}) => id).sort()
    const addresses = () => report.instances.map(({publicIp}) => publicIp ?? 'none').sort()
    const ask = async (name = NAME, type = 'A') =>
      (await dig((await place.sandbox()).endpoints.dns[vendor], name, type)).sort()

    test('comes up in one run, and tells so in the shape that programs read', async () => {
      report = await place.up()
      expect(report.shortcomings).toEqual([])
      expect(report).toMatchObject({
        fleet: 'web',
        converged: true,
        exit: 0,
        run: expect.stringMatching(/./),
        groups: [
          {name: 'virginia', provider: 'aws', region: 'us-east-1', desired: 2, live: 2, reachable: true},
          {name: 'east', provider: 'joyent', desired: 2, live: 2, reachable: true},
        ],
        dns: {name: NAME, type: 'A', ttlSeconds: vendor === 'cloudflare' ? 60 : 5},
        differences: [],
      })
      expect(report.instances).toHaveLength(4)
      for (const instance of report.instances) {
        expect(instance).toMatchObject({
          group: instance.provider === 'aws' ? 'virginia' : 'east',
          state: 'running',
          health: 'healthy',
          inDns: true,
          launch: expect.stringMatching(/^[0-9a-f-]{36}$/),
          launchedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        })
        expect(report.dns.records).toContainEqual({
          value: instance.publicIp,
          instance: instance.id,
          owned: true,
          ttlSeconds: vendor === 'cloudflare' ? 60 : 5,
        })
      }
      expect(report.dns.records).toHaveLength(4)
      expect(report.actions.map(({kind}) => kind)).toContain('launch')
    })

    test('status shows the same fleet as up did', async () => {
      const {run, actions, shortcomings, notes, exit, ...status} = report
      // It alone asks the name servers what they answer.
      const {dns, names, ...seen} = await place.status()
      const [asked, ...others] = [dns, ...names].map(({answers, ...name}) => ({answers, name}))
      expect({...seen, dns: asked?.name, names: others.map(({name}) => name)}).toEqual(status)
      expect(asked?.answers).toBeDefined()
    })

    test.skipIf(!has('dig'))(
      'dig at the port of the vendor answers exactly its four addresses (needs dig)',
      async () => {
        expect(await ask()).toEqual(addresses())
      },
    )

    test.skipIf(!has('dig') || !has('curl'))(
      'curl through the name reaches all four (needs dig and curl)',
      async () => {
        const sandbox = await place.sandbox()
        const met = new Set<string>()
        for (let visit = 0; visit < VISITS && met.size < 4; visit++) {
          const [address = 'none'] = await dig(sandbox.endpoints.dns[vendor], NAME)
          const page = await curl(sandbox, NAME, address)
          expect(page).toContain('<h1>Hello from mcd</h1>')
          met.add(/Served by (\S+) of group/.exec(page)?.[1] ?? page)
        }
        expect([...met].sort()).toEqual(ids())
      },
    )

    test.skipIf(!has('curl'))(
      'every instance wrote its own record, with its own key (needs curl)',
      async () => {
        const sandbox = await place.sandbox()
        const hosts = new Map(sandbox.instances.map(({publicIp, serving}) => [publicIp, serving?.host]))
        const created = effectsOf(sandbox, 'create A ')
        expect(created).toHaveLength(4)
        for (const {effect, principal, address} of created) {
          expect(principal).toBe('instances')
          const [, value = 'none'] = /^create A \S+ (\S+)/.exec(effect) ?? []
          expect(address, effect).toBe(hosts.get(value))
        }
      },
    )

    test.skipIf(!has('curl'))(
      'every instance runs the very script that render shows (needs curl)',
      async () => {
        const {groups} = (await place.mcd(['render', '--sandbox', '--json'])).json<{
          groups: RenderedGroup[]
        }>()
        const shown = new Set(groups.map(({userdata}) => registrationScript(userdata)))
        const {machines} = sandboxPaths(place.folder)
        const run = ids().map(id =>
          readFileSync(join(machines, id, 'usr', 'local', 'lib', 'mcd', 'mcd-registration'), 'utf8'),
        )
        expect(run).toHaveLength(4)
        expect(new Set(run)).toEqual(shown)
      },
    )

    test('a second up finds nothing to do and makes no call that could change anything', async () => {
      const before = mutatingCalls(await place.sandbox())
      const again = await place.up()
      expect(again).toMatchObject({converged: true, exit: 0, actions: []})
      expect(again.instances).toEqual(report.instances)
      expect(mutatingCalls(await place.sandbox())).toEqual(before)
    })

    test('a raised count launches the difference, and leaves the others alone', async () => {
      place.write(twoCloudFleet({vendor, registration, virginia: 3, east: 3}))
      const before = ids()
      report = await place.up()
      expect(report).toMatchObject({converged: true, exit: 0})
      expect(report.instances).toHaveLength(6)
      expect(ids()).toEqual(expect.arrayContaining(before))
      if (has('dig')) expect(await ask()).toEqual(addresses())
    })

    test('a lowered count asks for --yes, then ends the surplus alone, each one out of DNS first', async () => {
      place.write(twoCloudFleet({vendor, registration, virginia: 1, east: 2}))
      const before = mutatingCalls(await place.sandbox())
      const refused = await place.mcd(['up', '--sandbox'])
      expect(refused).toMatchObject({exitCode: 2, stdout: ''})
      expect(refused.stderr).toContain('--yes')
      expect(mutatingCalls(await place.sandbox())).toEqual(before)

      const earlier = report.instances
      report = await place.up('--yes')
      expect(report).toMatchObject({converged: true, exit: 0})
      expect(report.groups.map(({live}) => live)).toEqual([1, 2])
      expect(earlier.map(({id}) => id)).toEqual(expect.arrayContaining(ids()))
      const ended = earlier.filter(({id}) => !ids().includes(id))
      await expectOutOfDnsFirst(place, ended)
      if (has('dig')) expect(await ask()).toEqual(addresses())
    })

    test('down leaves no instance, no record, no hold, no security group and no firewall rule', async () => {
      const ended = report.instances
      const down = await place.down()
      expect(down).toMatchObject({converged: true, exit: 0, instances: [], shortcomings: []})
      expect(down.dns.records).toEqual([])
      await expectOutOfDnsFirst(place, ended)
      const sandbox = await place.sandbox()
      expect(stillThere(sandbox)).toEqual([])
      expect(sandbox.instances.filter(({power}) => power === 'on')).toEqual([])
      if (has('dig')) {
        expect(await ask()).toEqual([])
        // Nobody waits for the holds: the name servers follow the API a moment later.
        await eventually(async () => (await ask(`_mcd.${NAME}`, 'TXT')).length === 0)
      }
    })

    test('down of what is gone is done at once', async () => {
      const before = mutatingCalls(await place.sandbox())
      expect(await place.down()).toMatchObject({converged: true, exit: 0, actions: []})
      expect(mutatingCalls(await place.sandbox())).toEqual(before)
    })
  })
}

/** Law 5, by the clouds' own log: the last word about an address in DNS is older than the end of its instance. */
async function expectOutOfDnsFirst(
  place: Workplace,
  ended: readonly {id: string; publicIp?: string}[],
): Promise<void> {
  const effects = (await place.sandbox()).requests.flatMap(request => request.effects)
  for (const {id, publicIp = 'none'} of ended) {
    const removed = effects.findLastIndex(effect => effect.startsWith(`delete A ${NAME} ${publicIp} `))
    const end = effects.findIndex(
      effect => /^(?:terminate|delete instance) /.test(effect) && effect.endsWith(id),
    )
    expect(removed, `${id} left DNS`).toBeGreaterThan(-1)
    expect(end, `${id} ended after it left DNS`).toBeGreaterThan(removed)
  }
}
