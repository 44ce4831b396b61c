import {cpSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {type Workplace, workplaces} from '../support/cli.ts'
import {has} from '../support/programs.ts'
import {NAME, twoCloudFleet} from '../support/two-cloud-fleet.ts'

const NGINX = join(import.meta.dirname, '..', '..', 'templates', 'userdata', 'nginx')
const FOOTER = '<p>Served by INSTANCE_ID'

const all = workplaces()
afterAll(() => all.endAll())

test('a changed title and a changed template change the page that is served, and the new serve before the old leave', async () => {
  const registration = has('curl') ? 'self' : 'mcd'
  const fleet = {vendor: 'route53', registration, virginia: 1, east: 1, template: './site'} as const
  const place = all.open()
  cpSync(NGINX, join(place.folder, 'site'), {recursive: true})
  place.write(twoCloudFleet({...fleet, title: 'First'}))
  const first = await place.up()
  expect(first).toMatchObject({converged: true, exit: 0})
  expect(await pages(place)).toEqual(Array(2).fill(expect.stringContaining('<h1>First</h1>')))

  place.write(twoCloudFleet({...fleet, title: 'Second'}))
  place.write(
    readFileSync(join(NGINX, 'page.liquid'), 'utf8').replace(
      FOOTER,
      `<p>The template's own words</p>\n${FOOTER}`,
    ),
    'site/page.liquid',
  )
  const refused = await place.mcd(['up', '--sandbox'])
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).toContain('--yes')

  const second = await place.up('--yes')
  expect(second).toMatchObject({converged: true, exit: 0})
  const changed = await pages(place)
  expect(changed).toEqual(Array(2).fill(expect.stringContaining('<h1>Second</h1>')))
  expect(changed).toEqual(Array(2).fill(expect.stringContaining("<p>The template's own words</p>")))
  const ids = first.instances.map(({id}) => id)
  expect(second.instances.filter(({id}) => ids.includes(id))).toEqual([])

  const served = await addressesOverTime(place)
  expect(Math.max(...served)).toBeGreaterThan(2)
  expect(Math.min(...served.slice(served.indexOf(2)))).toBe(2)
})

/** The page of every instance that serves. */
async function pages(place: Workplace): Promise<string[]> {
  const {instances} = await place.sandbox()
  const serving = instances.flatMap(instance => instance.serving ?? [])
  return Promise.all(serving.map(async ({host, port}) => (await fetch(`http://${host}:${port}/`)).text()))
}

/** How many addresses the name had after each change of them, from the first on. */
async function addressesOverTime(place: Workplace): Promise<number[]> {
  let count = 0
  return (await place.sandbox()).requests.flatMap(({effects}) => {
    const own = effects.filter(effect => effect.includes(` A ${NAME}`))
    if (own.length === 0) return []
    for (const effect of own) count += effect.startsWith('create') ? 1 : -1
    return [count]
  })
}
