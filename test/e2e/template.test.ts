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

test('a changed title and template reach one instance of one cloud after the other, and a rollback takes them back', async () => {
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

  const back = await place.mcd(['replace', '--rollback', '--sandbox', '--yes', '--json'])
  expect(back.json()).toMatchObject({
    converged: true,
    exit: 0,
    notes: expect.arrayContaining([expect.stringContaining('The fleet file is not changed')]),
  })
  expect(await pages(place)).toEqual(Array(2).fill(expect.stringContaining('<h1>First</h1>')))
  const forward = await place.mcd(['plan', '--sandbox', '--json'])
  expect(forward.json()).toMatchObject({
    actions: expect.arrayContaining([
      expect.objectContaining({kind: 'replace', group: 'virginia', batch: 1}),
      expect.objectContaining({kind: 'replace', group: 'east', after: ['replace virginia']}),
    ]),
  })

  // A new one first, and never two at once.
  const served = await addressesOverTime(place)
  expect(new Set(served.slice(served.indexOf(2)))).toEqual(new Set([2, 3]))
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
