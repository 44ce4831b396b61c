import {execFileSync} from 'node:child_process'
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {policyCli, shellZone} from '../../src/output/policy-cli.ts'
import {policyTerraform, terraformZone} from '../../src/output/policy-terraform.ts'
import {policyText} from '../../src/output/policy-text.ts'
import {fleetPolicies} from '../../src/policy/fleet-policies.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {has} from '../support/programs.ts'

const web = fleet(
  [
    group('virginia', 2, {place: VIRGINIA, wish: wish({open: [80], instanceProfile: 'web'})}),
    group('east', 2, {place: EAST, wish: wish({types: ['g1.nano']})}),
  ],
  {names: [dnsName({registration: 'self'}), dnsName({vendor: 'route53', registration: 'self'})]},
)

describe('--format cli', () => {
  const script = policyCli(fleetPolicies(web, zone => `$${shellZone(zone)}`))
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcd-policy-'))
  })
  afterEach(() => rmSync(folder, {recursive: true}))

  test.skipIf(!has('shellcheck'))('is a script that shellcheck has nothing to say about', () => {
    const file = join(folder, 'grant.sh')
    writeFileSync(file, `${script}\n`)
    expect(execFileSync('shellcheck', [file], {encoding: 'utf8'})).toBe('')
  })

  test('carries whole documents with the zone’s id in them, and no secret on a command line', () => {
    const log = join(folder, 'log')
    writeFileSync(log, '')
    const stub = (name: string, body: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
      chmodSync(join(folder, name), 0o755)
    }
    const keep = `for each; do printf '%s\\0' "$each"; done >>"${log}"`
    stub('aws', `${keep}\ncase "$2" in list-hosted-zones-by-name) echo /hostedzone/Z1;; esac`)
    stub('curl', `${keep}\ncat >/dev/null`)
    stub('jq', 'cat >/dev/null; echo ID')
    execFileSync('sh', ['-c', script], {
      env: {PATH: [folder, process.env.PATH].join(delimiter), CLOUDFLARE_API_TOKEN: 'canary-token'},
    })
    const said = readFileSync(log, 'utf8').split('\0')
    const documents = said.filter(text => text.startsWith('{')).map(text => JSON.parse(text))
    expect(documents.filter(({Version}) => Version).length).toBe(4)
    expect(said.filter(text => text.includes('hostedzone/Z1')).length).toBe(3)
    expect(documents.flatMap(({policies}) => policies ?? [])).toEqual([
      {
        effect: 'allow',
        permission_groups: [{id: 'ID'}, {id: 'ID'}],
        resources: {'com.cloudflare.api.account.zone.ID': '*'},
      },
      {
        effect: 'allow',
        permission_groups: [{id: 'ID'}],
        resources: {'com.cloudflare.api.account.zone.ID': '*'},
      },
    ])
    expect(said.join()).not.toContain('canary-token')
  })
})

test('--format terraform refers to what it declares', () => {
  const text = policyTerraform(fleetPolicies(web, terraformZone))
  const declared = [...text.matchAll(/^(data|resource) "(\w+)" "(\w+)"/gm)].map(([, kind, type, label]) =>
    kind === 'data' ? `data.${type}.${label}` : `${type}.${label}`,
  )
  const referred = [...text.matchAll(/\b(data\.\w+\.\w+|aws_iam_(?:role|user)\.\w+)\b/g)].map(
    ([reference]) => reference,
  )
  expect(referred.length).toBeGreaterThan(5)
  expect([...new Set(referred)].filter(reference => !declared.includes(reference))).toEqual([])
  expect(new Set(declared).size).toBe(declared.length)
})

test('PostgreSQL is granted in every format, without a secret and with the administrator’s own name', () => {
  const state = {kind: 'postgres', host: 'db', database: 'deploy', user: 'ci', sslmode: 'require'} as const
  const policies = fleetPolicies(fleet([group('east', 1, {place: EAST})], {state}), () => 'Z1')
  const grant = 'GRANT CONNECT ON DATABASE "deploy" TO "ci";'
  expect(policyText(policies)).toContain(`(postgres://ci@db/deploy)\n${grant}\n`)
  expect(policyCli(policies)).toContain(`psql -v ON_ERROR_STOP=1 'postgres://db/deploy' <<'SQL'\n${grant}\n`)
  expect(policyTerraform(policies)).toContain(`\n# ${grant}\n`)
})
