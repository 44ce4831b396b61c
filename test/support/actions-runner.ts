import {mkdirSync, mkdtempSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {execa} from 'execa'
import {parse} from 'yaml'
import {ROOT} from '../house/source.ts'

/**
 * GitHub's runner, as far as a composite action and `run` steps need it: files for outputs and summary, `${{ }}` filled in,
 * `bash --noprofile --norc -eo pipefail FILE`, no terminal. Source: GitHub Docs, "Workflow syntax", "Metadata syntax",
 * "Workflow commands", "Variables reference".
 */

export type Step = {
  readonly id?: string
  readonly name?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
  readonly 'working-directory'?: string
}

type Action = {
  readonly inputs: Readonly<Record<string, {readonly default: string}>>
  readonly outputs: Readonly<Record<string, {readonly value: string}>>
  readonly runs: {readonly steps: readonly Step[]}
}

export type StepEnd = {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  /** What the page of the job shows. */
  readonly summary: string
}

/** `steps.mcd.outputs.changes` and the like: what `${{ }}` may name. */
type Values = Readonly<Record<string, string>>

export type RunningStep = {
  readonly ended: Promise<StepEnd>
  /** As the runner does it: to the shell that it started, and to nobody under it. */
  signal(name: NodeJS.Signals): void
  said(): string
}

/** A job on the checkout in `workspace`; `env` is what its steps see beside the runner's own variables. */
export function actionsJob(workspace: string, env: Readonly<Record<string, string>>) {
  const temp = join(workspace, '.runner')
  mkdirSync(temp, {recursive: true})

  function beginRun(step: Step, values: Values, own: Readonly<Record<string, string>> = {}): RunningStep {
    const folder = mkdtempSync(join(temp, 'step-'))
    const file = (name: string, text = '') => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const [output, summary] = [file('output'), file('summary')]
    const filled = (text: string) => fill(text, values)
    const child = execa(
      'bash',
      ['--noprofile', '--norc', '-e', '-o', 'pipefail', file('step.sh', filled(step.run ?? ''))],
      {
        cwd: join(workspace, filled(step['working-directory'] ?? '.')),
        env: {
          ...env,
          CI: 'true',
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: workspace,
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          GITHUB_SHA: 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed',
          GITHUB_SERVER_URL: 'https://github.com',
          GITHUB_REPOSITORY: 'acme/shop',
          GITHUB_RUN_ID: '1234567890',
          GITHUB_RUN_NUMBER: '7',
          RUNNER_TEMP: temp,
          ...own,
          ...Object.fromEntries(Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value)])),
        },
        extendEnv: false,
        stdin: 'ignore',
        reject: false,
        timeout: 120_000,
        forceKillAfterDelay: 20_000,
      },
    )
    let heard = ''
    child.stderr?.setEncoding('utf8').on('data', text => {
      heard += text
    })
    return {
      said: () => heard,
      signal: name => void child.kill(name),
      ended: child.then(({exitCode = -1, stdout, stderr}) => ({
        exitCode,
        stdout,
        stderr,
        outputs: readOutputs(readFileSync(output, 'utf8')),
        summary: readFileSync(summary, 'utf8'),
      })),
    }
  }

  /** The steps of the action one after the other, until one fails; the last one is still under way. */
  async function beginAction(inputs: Readonly<Record<string, string>>, path = ROOT) {
    const action = parse(readFileSync(join(path, 'action.yml'), 'utf8')) as Action
    const unknown = Object.keys(inputs).filter(input => !(input in action.inputs))
    if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(', ')}`)
    const values: Record<string, string> = {}
    for (const [input, {default: preset}] of Object.entries(action.inputs))
      values[`inputs.${input}`] = inputs[input] ?? preset
    const {steps} = action.runs
    for (const [index, step] of steps.entries()) {
      const run = beginRun(step, values, {GITHUB_ACTION_PATH: path})
      const isLast = index === steps.length - 1
      const ended = run.ended.then(end => {
        for (const [output, value] of Object.entries(end.outputs))
          values[`steps.${step.id}.outputs.${output}`] = value
        const outputs = Object.entries(action.outputs).map(([name, {value}]) => [name, fill(value, values)])
        return {...end, outputs: Object.fromEntries(outputs) as Record<string, string>}
      })
      if (isLast) return {...run, ended}
      const end = await ended
      if (end.exitCode !== 0) return {...run, ended: Promise.resolve(end)}
    }
    throw new Error('the action has no steps')
  }

  return {
    beginAction,
    action: async (inputs: Readonly<Record<string, string>>, path?: string): Promise<StepEnd> =>
      (await beginAction(inputs, path)).ended,
    run: (step: Step, values: Values): Promise<StepEnd> => beginRun(step, values).ended,
  }
}

/** `${{ inputs.file }}`; what has no value is empty, as it is there. */
const fill = (text: string, values: Values): string =>
  text.replaceAll(/\$\{\{\s*(\S+)\s*\}\}/g, (_, name: string) => values[name] ?? '')

/** `name=value` lines. */
function readOutputs(text: string): Record<string, string> {
  const lines = text.split('\n').filter(Boolean)
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
