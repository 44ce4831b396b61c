import {InterruptedError, LockedError, McdError} from '../../errors.ts'
import type {Action, Note} from '../plan/action.ts'
import {applyAction, isRetriedNextPass} from './apply.ts'
import {recordSpecs} from './apply-launch.ts'
import type {Pass} from './pass.ts'

/** The same action may lose a race, or be undone by somebody else, this often before it is given up for the run. */
const MAX_TRIES = 5

/** Carries out what a pass has ready, and keeps count of what does not work. One for a run. */
export type Applier = {
  /** Side by side, but one after the other within a place or a zone. Returns whether anything came of it. */
  apply(pass: Pass, ready: readonly Action[]): Promise<boolean>
  isGivenUp(key: string): boolean
  /** Why these are not done, as far as they were tried. */
  failuresOf(actions: readonly Action[]): Note[]
  /** What was carried out, in order. */
  readonly done: readonly {readonly kind: Action['kind']; readonly key: string; readonly detail?: string}[]
}

export function createApplier(): Applier {
  const failures = new Map<string, {error: Error; tries: number}>()
  const timesDone = new Map<string, number>()
  const done: {kind: Action['kind']; key: string; detail?: string}[] = []
  const isGivenUp = (key: string) => (failures.get(key)?.tries ?? 0) >= MAX_TRIES

  async function applyOne(pass: Pass, action: Action): Promise<boolean> {
    const {progress} = pass.outside
    if (action.kind !== 'drain' && action.kind !== 'settle') progress({kind: 'started', action})
    try {
      const detail = await applyAction(pass, action)
      if (detail === undefined) return false
      done.push({kind: action.kind, key: action.key, detail})
      progress({kind: 'finished', action, detail})
      const what = whatOf(action)
      const times = (timesDone.get(what) ?? 0) + 1
      timesDone.set(what, times)
      if (times >= MAX_TRIES) failures.set(action.key, {error: undone(times), tries: MAX_TRIES})
    } catch (error) {
      // A lost journal or an interrupt ends the run; a fault of ours is never swallowed.
      if (pass.ledger.isLost() || !(error instanceof McdError)) throw error
      if (error instanceof LockedError || error instanceof InterruptedError) throw error
      const tries = isRetriedNextPass(error) ? (failures.get(action.key)?.tries ?? 0) + 1 : MAX_TRIES
      failures.set(action.key, {error, tries})
      if (tries >= MAX_TRIES) progress({kind: 'failed', action, error})
    }
    return true
  }

  return {
    done,
    isGivenUp,
    async apply(pass, ready) {
      await recordSpecs(pass, ready)
      const lanes = new Map<string, Action[]>()
      for (const action of ready) {
        const lane = laneOf(action)
        lanes.set(lane, [...(lanes.get(lane) ?? []), action])
      }
      let progressed = false
      const ends = await Promise.allSettled(
        [...lanes.values()].map(async lane => {
          for (const action of lane) if (await applyOne(pass, action)) progressed = true
        }),
      )
      const fatal = ends.find(end => end.status === 'rejected')
      if (fatal) throw fatal.reason
      return progressed
    },
    failuresOf: actions =>
      actions.flatMap(({key}) => {
        const failure = failures.get(key)
        return failure && isGivenUp(key)
          ? [{kind: 'shortfall', text: `${key}: ${failure.error.message}`, blocks: true}]
          : []
      }),
  }
}

/** Done, and asked for again by the next look: somebody else undoes it. */
function undone(times: number): McdError {
  return new McdError(`done ${times} times in this run, and undone each time by somebody else.`)
}

/** The same thing again, whatever handles the vendor gives it this time. */
function whatOf(action: Action): string {
  switch (action.kind) {
    case 'register':
    case 'deregister':
      return [
        action.key,
        ...[...action.create, ...action.remove].map(({name, value}) => `${name} ${value}`),
      ].join()
    case 'drain':
    case 'terminate':
      return [action.key, ...action.instances].join()
    case 'launch':
      return `${action.key} ${action.count}`
    default:
      return action.key
  }
}

function laneOf(action: Action): string {
  if (action.kind === 'register' || action.kind === 'deregister') return action.zone
  if (action.kind === 'drain') return 'drain'
  // RunInstances for several zones go out side by side; the adapter's bucket paces them.
  return action.kind === 'launch' ? action.key : 'place' in action ? action.place : ''
}
