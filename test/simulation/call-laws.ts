import {batchSize} from '../../src/fleet/plan/rollout.ts'
import type {CallRecord} from '../../src/sandbox/world/calls.ts'
import {holds, LawBroken} from '../support/laws.ts'
import type {Stage} from './play.ts'
import type {Chapter, FileDraw} from './story.ts'

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

/** A changed launch spec reaches one cloud after the other, and no more new ones than a batch stand beside the old. */
export function expectCalmRollout(stage: Stage, chapter: Chapter, calls: readonly CallRecord[]): void {
  const {file, fileAfter, command, faults, strikes, beside} = chapter
  const isAlone = faults.length === 0 && strikes.length === 0 && !beside && !fileAfter
  const declared = countsOf(file)
  if (!isAlone || !/^(up|replace)$/.test(command) || !isSameShape(stage.file, file)) return
  if (Object.entries(declared).some(([name, count]) => (stage.counts[name] ?? 0) !== count)) return

  const changes = calls.flatMap(({service, principal, effects}) =>
    principal.name === 'operator' ? effects.flatMap(effect => changeOf(service, effect) ?? []) : [],
  )
  const turns = changes.filter(({service}, index) => service !== changes[index - 1]?.service)
  if (turns.length > 2)
    throw new LawBroken('one cloud is rolled out after the other', turns.map(({service}) => service).join())
  const most = Math.max(0, ...Object.values(declared).map(count => batchSize(file.rollout, count)))
  let beyond = 0
  for (const {by} of changes) {
    beyond += by
    if (beyond > most)
      throw new LawBroken('a rollout goes batch by batch', `${beyond} beyond the count, ${most} in a batch`)
  }
}

const changeOf = (service: string, effect: string) => {
  if (/^(launch|create instance) /.test(effect)) return {service, by: 1}
  return /^(terminate|delete instance) /.test(effect) ? {service, by: -1} : undefined
}

const countsOf = ({virginia, east}: FileDraw): Record<string, number> => ({
  ...(virginia ? {virginia: virginia.count} : {}),
  ...(east ? {[east.name]: east.count} : {}),
})

/** The same groups in the same places. */
const isSameShape = (before: FileDraw | undefined, after: FileDraw): boolean =>
  before?.virginia !== undefined &&
  before.virginia.place === after.virginia?.place &&
  before.east?.name === after.east?.name
