import {InterruptedError, McdError, TransientError, UnreachableError} from '../../errors.ts'
import type {StepResult} from '../../journal/events.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Place} from '../../providers/compute.ts'
import type {Desired} from '../desired.ts'
import type {Observer} from '../observe/observe.ts'
import type {Observed} from '../observed.ts'
import type {Outside} from '../outside.ts'
import type {Ledger} from '../turn/ledger.ts'

/** What one pass has at hand. */
export type Pass = {
  readonly outside: Outside
  readonly ledger: Ledger
  readonly observer: Observer
  readonly desired: Desired
  readonly observed: Observed
}

/** By its key, also for one that the file no longer names. */
export function placeOf({fleet}: Desired, recorded: Recorded, key: string): Place {
  const place = fleet.groups.find(group => group.place.key === key)?.place ?? recorded.places.get(key)?.place
  if (!place) throw new McdError(`${key} is in neither the fleet file nor the journal.`)
  return place
}

/** The outcome of a call that threw. */
export function failed(error: unknown): StepResult & {kind: 'failed'} {
  const isPlain = error instanceof McdError && !(error instanceof InterruptedError)
  // An interrupt may come while a lost reply waits to be asked for again.
  const effect =
    error instanceof UnreachableError || error instanceof TransientError
      ? error.effect
      : isPlain
        ? 'none'
        : 'unknown'
  return {kind: 'failed', message: error instanceof Error ? error.message : String(error), effect}
}
