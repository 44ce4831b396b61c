import type {Request} from '../fleet/desire/course.ts'
import type {Desired} from '../fleet/desired.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import type {RunResult} from '../fleet/reconcile.ts'
import type {FleetStatus} from '../fleet/status/report.ts'
import type {FileEdit} from './scale-run.ts'

/** What a run is asked for, by a command and its flags. */
export type RunFlags = FleetSource & {
  readonly command: string
  readonly goal: Desired['goal']
  readonly sandbox: boolean
  readonly yes: boolean
  readonly allowEmpty: boolean
  readonly allowShrink?: boolean
  readonly wait: boolean
  readonly timeout: string
  readonly json: boolean
  readonly format?: 'text' | 'markdown'
  readonly signal: AbortSignal
  /** The run is one for the fleet file as this changes it. */
  readonly edit?: FileEdit
  /** What `mcd replace` asks for. */
  readonly request?: Request
  /** In place of the fleet file's `rollout`. */
  readonly batch?: string | undefined
  readonly pause?: string | undefined
  readonly 'refresh-images'?: boolean
  /** A file of `mcd plan --out`: exactly that is carried out, and counts as approved. */
  readonly plan?: string | undefined
  readonly now?: boolean
  /** One of several runs of a command: what it came to is told only where it fell short. */
  readonly isPart?: boolean
}

/** `up --json` and `down --json`: the status after the run, and what the run did. */
export type RunReport = FleetStatus & {
  run: string
  actions: RunResult['actions']
  shortcomings: string[]
  /** What a person should know all the same. */
  notes: string[]
  exit: number
}
