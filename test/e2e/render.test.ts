import {afterAll, expect, test} from 'vitest'
import type {FleetCheck} from '../../src/check/check-groups.ts'
import type {RenderedGroup} from '../../src/runs/render-fleet.ts'
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

test('render --check tells mistakes with their places, ends with 2, and shows no secret', async () => {
  const place = all.open()
  place.write(
    twoCloudFleet({vendor: 'cloudflare', template: './site'})
      .replace(
        'registration: self',
        'registration: self\n  instanceCredentials: {token: "${env:WEB_DNS_TOKEN}"}',
      )
      .replace(/vars: *\{/, 'vars: {password: "${env:WEB_DNS_TOKEN}", '),
  )
  place.write('#!/bin/sh\necho {{ vars.title }}\np={{ vars.password | raw }}\n', 'site/userdata.sh')
  const wrong = await place.mcd(['render', '--check'], {env})
  expect(wrong.exitCode).toBe(2)
  expect(wrong.stdout).toContain('./site:3:3: vars.password goes into the document unquoted')
  expect(wrong.stdout + wrong.stderr).not.toContain(env.WEB_DNS_TOKEN)

  place.write('#!/bin/sh\necho {{ vars.title }} {{ vars.password }}\n', 'site/userdata.sh')
  const right = await place.mcd(['render', '--check', '--json'], {env})
  expect(right.exitCode, right.stdout).toBe(0)
  expect(right.json<FleetCheck>()).toMatchObject({
    findings: [],
    groups: [
      {group: 'virginia', size: {limitBytes: 16_384, compressed: true}},
      {group: 'east', size: {compressed: false}},
    ],
  })
})
