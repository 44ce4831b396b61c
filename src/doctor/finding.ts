import {InterruptedError, McdError, UnreachableError, WrongTimeError} from '../errors.ts'
import type {ZoneKey} from '../journal/events.ts'
import type {Finding} from '../providers/examine.ts'

/** A finding with what of the fleet it belongs to; to all of it where nothing is named. */
export type FleetFinding = Finding & {
  /** Key of the place. */
  readonly place?: string
  readonly zone?: ZoneKey
  readonly group?: string
  /** Whose credentials were tried, where these are not the operator's. */
  readonly credentials?: 'instances'
}

/** `doctor --json`. */
export type Examination = {
  readonly fleet: string
  readonly dns: string
  readonly counts: Readonly<Record<FleetFinding['outcome'], number>>
  readonly findings: readonly FleetFinding[]
}

/** What went wrong on the way to an answer, as a finding. What ended the run, and a defect of ours, is thrown on. */
export function troubled(check: Finding['check'], subject: string, error: unknown): Finding {
  if (!(error instanceof McdError) || error instanceof InterruptedError) throw error
  const remedy = error.suggestions.join('\n')
  return {
    check: error instanceof UnreachableError ? 'reach' : error instanceof WrongTimeError ? 'clock' : check,
    subject,
    outcome: 'failed',
    detail: error.message,
    ...(remedy === '' ? {} : {remedy}),
  }
}

/** The same for what is of no use without an answer: undefined then, since somebody else says why there is none. */
export async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof McdError) || error instanceof InterruptedError) throw error
    return undefined
  }
}
