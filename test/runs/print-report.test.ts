import {afterEach, expect, test, vi} from 'vitest'
import {printReport} from '../../src/runs/print-report.ts'
import type {RunFlags, RunReport} from '../../src/runs/run-flags.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** What it writes to stdout and to stderr. */
function printed(report: RunReport, over: Partial<RunFlags>): {stdout: string; stderr: string} {
  const said = {stdout: '', stderr: ''}
  for (const stream of ['stdout', 'stderr'] as const)
    vi.spyOn(process[stream], 'write').mockImplementation(text => {
      said[stream] += String(text)
      return true
    })
  printReport(report, {
    ...{command: 'up', goal: {kind: 'up'}, file: ['mcd.yaml'], set: [], format: 'markdown', json: false},
    ...{sandbox: false, yes: false, allowEmpty: false, wait: false, timeout: '10m'},
    signal: new AbortController().signal,
    ...over,
  })
  vi.restoreAllMocks()
  return said
}

const dns = {
  provider: 'route53',
  name: 'www.example.com',
  type: 'A' as const,
  ttlSeconds: 60,
  readable: true,
  records: [],
}
const done: RunReport = {
  ...{fleet: 'web', converged: true, run: 'r1', exit: 0},
  ...{groups: [], instances: [], actions: [], differences: [], remarks: [], shortcomings: [], notes: []},
  ...{dns, names: [dns]},
}
const short = {...done, converged: false, exit: 3, shortcomings: ['launch east: no room\nfor 2 of them']}

test('what a run has not done are warnings on the page of its GitHub job, and nowhere else', () => {
  expect(printed(short, {}).stderr).toBe('')
  vi.stubEnv('GITHUB_ACTIONS', 'true')
  expect(printed(short, {}).stderr).toBe('::warning title=mcd up::launch east: no room%0Afor 2 of them\n')
  expect(printed(done, {}).stderr).toBe('')
})

test('in Markdown a run says in one sentence what it came to', () => {
  const verdict = (report: RunReport, over: Partial<RunFlags> = {}) =>
    /^### mcd \S+: fleet `web`\n\n\*\*(.*)\*\*/.exec(printed(report, over).stdout)?.[1]
  expect(verdict(done)).toBe('Fleet web is as declared.')
  expect(verdict(short)).toMatch(/^Not all is done\. Run the same command again/)
  expect(verdict(done, {command: 'down', goal: {kind: 'down'}})).toBe('Nothing is left of fleet web.')
  expect(verdict(done, {command: 'down', goal: {kind: 'down', groups: ['east']}})).toBe(
    'Fleet web is as declared.',
  )
})

test.each(['text', 'markdown'] as const)(
  'a run that fell short leads on to the same command and to doctor, as %s',
  format => {
    const {stdout} = printed(short, {format})
    expect(stdout).toContain('Run the same command again to go on')
    expect(stdout).toContain('"mcd doctor"')
    expect(printed(done, {format}).stdout).not.toContain('"mcd doctor"')
  },
)

test('what a run fell short of is told once: where it differs, with what mends it', () => {
  const [silent, other] = ['aws:us-east-1 could not be read.', 'launch east: no room']
  const difference = {kind: 'unreachable', text: silent, fix: 'mcd up, once it answers again'}
  const {stdout} = printed(
    {...short, differences: [difference], shortcomings: [silent, other]},
    {format: 'text'},
  )
  expect(stdout.split(silent)).toHaveLength(2)
  expect(stdout).toContain(`Not done:\n  ${other}\n`)
  const alone = printed(
    {...short, differences: [difference], shortcomings: [silent]},
    {format: 'text'},
  ).stdout
  expect(alone).not.toContain('Not done')
  expect(alone).toContain('Run the same command again to go on')
  const down = printed(
    {...short, differences: [difference], shortcomings: [silent]},
    {format: 'text', command: 'down', goal: {kind: 'down'}},
  )
  expect(down.stdout).toContain(`Not done:\n  ${silent}`)
})
