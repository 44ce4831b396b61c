import {afterAll, expect, test} from 'vitest'
import type {RenderedGroup} from '../../src/render-fleet.ts'
import {workplaces} from '../support/cli.ts'
import {registrationScript} from '../support/registration-script.ts'
import {twoCloudFleet} from '../support/two-cloud-fleet.ts'

const all = workplaces()
afterAll(() => all.endAll())

/** What a user has in place for the real vendors; the metadata service of a cloud this may run in is left out of it. */
const env = {WEB_DNS_TOKEN: 'the-instances-own-token', AWS_EC2_METADATA_DISABLED: 'true'}

test('render shows what the sandbox would send but for endpoints and credentials, and one script for both clouds', async () => {
  const place = all.open()
  place.write(
    twoCloudFleet({vendor: 'cloudflare'}).replace(
      'registration: self',
      'registration: self\n  instanceCredentials: {token: "${env:WEB_DNS_TOKEN}"}',
    ),
  )
  const render = async (...flags: string[]) => {
    const {exitCode, stdout, json} = await place.mcd(['render', '--json', ...flags], {env})
    expect(exitCode, stdout).toBe(0)
    expect(stdout).not.toContain(env.WEB_DNS_TOKEN)
    return json<{groups: RenderedGroup[]}>().groups
  }
  const real = await render()
  const sandboxed = await render('--sandbox')
  expect(real.map(({group}) => group)).toEqual(['virginia', 'east'])
  expect(sandboxed.map(({group}) => group)).toEqual(['virginia', 'east'])

  for (const [index, {userdata}] of real.entries()) {
    const lines = userdata.split('\n')
    const others = sandboxed[index]?.userdata.split('\n') ?? []
    expect(others).toHaveLength(lines.length)
    const different = lines.filter((line, at) => line !== others[at])
    expect(different).toEqual([expect.stringMatching(/^MCD_1_ENDPOINT='https:\/\/api\.cloudflare\.com\//)])
  }

  const scripts = [...real, ...sandboxed].map(({userdata}) => registrationScript(userdata))
  expect(scripts[0]?.length).toBeGreaterThan(1_000)
  expect(new Set(scripts).size).toBe(1)
})
