import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {readPolicies} from '../../src/runs/fleet-policy.ts'
import {readRecordedFleet} from '../../src/state/recorded-fleet.ts'
import {fleetFile} from '../support/fleet-file.ts'

test('who reads the journal, or the permissions, needs none of the secrets that instances get', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-recorded-'))
  onTestFinished(() => rmSync(folder, {recursive: true}))
  const file = join(folder, 'mcd.yaml')
  writeFileSync(
    file,
    fleetFile(
      ['title: Hello from mcd', 'title: "${env:MCD_TEST_UNSET}"'],
      ['  registration: mcd\n', '  instanceCredentials: {token: "${env:MCD_TEST_UNSET}"}\n'],
    ),
  )
  const {fleet, events} = await readRecordedFleet({file, sandbox: false})
  expect([fleet.name, events]).toEqual(['web', []])
  await expect(readPolicies({file}, 'text', [])).resolves.toBeDefined()
})
