import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {ROOT} from './source.ts'

type Told = {readonly last: string; readonly output: string; readonly status: number | null}

/** What CI says of these tests (title → status), after these steps have failed. */
function summary(
  tests: Record<string, string>,
  failedSteps: string[] = [],
  extra: object[] = [],
  bootStatus?: 'passed' | 'failed',
): Told {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-ci-'))
  const report = join(folder, 'tests.json')
  const assertionResults = Object.entries(tests).map(([fullName, status]) => ({fullName, status}))
  const file = {name: 'a.test.ts', status: 'passed', assertionResults}
  writeFileSync(report, JSON.stringify({testResults: [file, ...extra]}))
  const boots = join(folder, 'boots.json')
  const boot = {...file, assertionResults: [{fullName: 'a boot', status: bootStatus}], status: bootStatus}
  writeFileSync(boots, JSON.stringify({testResults: [boot]}))
  const reports = bootStatus === undefined ? [report] : [report, `boot=${boots}`]
  const words = [join(ROOT, 'tools/ci-summary.mjs'), ...reports, ...failedSteps]
  const {stdout, status} = spawnSync(process.execPath, words, {encoding: 'utf8'})
  rmSync(folder, {recursive: true})
  return {last: stdout.trimEnd().split('\n').at(-1) ?? '', output: stdout, status}
}

test('all that passed is counted', () => {
  expect(summary({a: 'passed', b: 'passed'})).toMatchObject({
    last: '2 passed, 0 failed, 0 skipped',
    status: 0,
  })
})

test('a failed test, a failed step and a file that did not load each count as one', () => {
  const broken = {name: 'b.test.ts', status: 'failed', message: 'boom', assertionResults: []}
  const told = summary({a: 'passed', b: 'failed'}, ['lint', 'tests'], [broken])
  expect(told).toMatchObject({last: '1 passed, 3 failed, 0 skipped', status: 1})
  expect(told.output).toContain('b.test.ts boom')
})

test('a test that skips for want of a program fails, one that cannot be played does not', () => {
  const told = summary({
    a: 'passed',
    'b (needs dig)': 'skipped',
    'c [cannot play: CloudAPI has none]': 'pending',
    'd (long)': 'skipped',
  })
  expect(told).toMatchObject({last: '1 passed, 1 failed, 2 skipped', status: 1})
  expect(told.output).toContain('skipped in CI: b (needs dig)')
})

test('a run of the tests that broke off fails, though every test in its report passed', () => {
  expect(summary({a: 'passed'}, ['tests'])).toMatchObject({last: '1 passed, 1 failed, 0 skipped', status: 1})
})

test('boots count one by one beside the tests, and a step of theirs only where none of them failed', () => {
  expect(summary({a: 'passed'}, [], [], 'passed').last).toBe('2 passed, 0 failed, 0 skipped')
  expect(summary({a: 'passed'}, ['boot'], [], 'failed').last).toBe('1 passed, 1 failed, 0 skipped')
  expect(summary({a: 'passed'}, ['boot'], [], 'passed').last).toBe('2 passed, 1 failed, 0 skipped')
  expect(summary({a: 'passed'}, ['boot']).last).toBe('1 passed, 1 failed, 0 skipped')
})

test('no test at all is a failure', () => {
  expect(summary({}).status).toBe(1)
})
