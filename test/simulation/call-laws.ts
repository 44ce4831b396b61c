import type {CallRecord} from '../../src/sandbox/world/calls.ts'
import {holds} from '../support/laws.ts'
import type {Stage} from './play.ts'
import type {Chapter} from './story.ts'

/** Laws that show in what was asked of the clouds, whatever came of it. */

/** A client token goes out with one set of parameters, and not again once its instances have been ended. */
export function expectTokensUsedOnce(calls: readonly CallRecord[], {strikes}: Chapter): void {
  const refused = calls.flatMap(({refused = ''}) =>
    /^Idempotent/.test(String(refused)) ? [String(refused)] : [],
  )
  // Somebody else's hand may end what a launch made before that launch was answered.
  const excused = strikes.some(({does}) => does === 'end-instance') ? ['IdempotentInstanceTerminated'] : []
  holds(
    'a client token is used for one launch',
    refused.filter(code => !excused.includes(code)),
    [],
  )
}

/** A changed launch spec reaches one cloud after the other. */
export function expectOneCloudAtATime(
  {file: before, counts}: Stage,
  {file, fileAfter, command, faults, strikes, beside}: Chapter,
  calls: readonly CallRecord[],
): void {
  const isRollout =
    before?.virginia !== undefined &&
    before.east !== undefined &&
    file.virginia !== undefined &&
    file.east !== undefined &&
    before.virginia.place === file.virginia.place &&
    before.east.name === file.east.name &&
    counts.virginia === file.virginia.count &&
    counts[file.east.name] === file.east.count
  const isAlone = faults.length === 0 && strikes.length === 0 && !beside && !fileAfter
  if (!isRollout || !isAlone || !/^(up|replace)$/.test(command)) return
  const clouds = calls
    .filter(({principal, effects}) => principal.name === 'operator' && effects.some(isLifeOrDeath))
    .map(({service}) => service)
  const turns = clouds.filter((cloud, index) => cloud !== clouds[index - 1])
  holds('one cloud is rolled out after the other', turns.length <= 2 || turns, true)
}

const isLifeOrDeath = (effect: string): boolean =>
  /^(launch|terminate|(create|delete) instance) /.test(effect)
