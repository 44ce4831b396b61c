import {isDeepStrictEqual} from 'node:util'
import type {CallRecord} from '../../src/sandbox/world/calls.ts'
import {holds, LawBroken} from '../support/laws.ts'
import type {Stage} from './stage.ts'
import type {Chapter, FileDraw} from './story.ts'

/** Laws that show in what was asked of the clouds, whatever came of it. */

/** A client token goes out with one set of parameters, and not again once its instances have been ended. */
export function expectTokensUsedOnce(calls: readonly CallRecord[], {strikes, faults}: Chapter): void {
  const refused = calls.flatMap(({refused = ''}) =>
    /^Idempotent/.test(String(refused)) ? [String(refused)] : [],
  )
  // What a launch made may end by another hand, or by itself, before that launch was answered.
  const mayEnd =
    strikes.some(({does}) => does === 'end-instance') ||
    faults.some(({order}) => order.kind === 'machine-dies')
  const excused = mayEnd ? ['IdempotentInstanceTerminated'] : []
  holds(
    'a client token is used for one launch',
    refused.filter(code => !excused.includes(code)),
    [],
  )
}

/** However often it is cut short and begun again, nothing is launched that is not needed. */
export function expectNothingLaunchedTwice(
  {file: before, counts, story}: Stage,
  chapter: Chapter,
  calls: readonly CallRecord[],
): void {
  const {file, fileAfter, faults, strikes, beside, command} = chapter
  const isLonely = !beside || beside.journal === 'same'
  const diesSome = faults.some(({order}) => /^machine-/.test(order.kind))
  const standsIn = [file, fileAfter].some(each => each?.failsOver)
  if (!isLonely || diesSome || standsIn || strikes.some(({does}) => does === 'end-instance')) return
  // Asked for again, it is done again.
  if (/^(replace|rollback)/.test(command)) return
  for (const cloud of ['ec2', 'cloudapi'] as const) {
    // CloudAPI shows who is being stopped as it shows who is being deleted.
    if (cloud === 'cloudapi' && strikes.some(({does}) => does === 'stop-instance')) continue
    // Where two requests with one name can both succeed, the second one is ended again.
    if (cloud === 'cloudapi' && story.delays.nameRaceMs > 0) continue
    const first = launchesFor(cloud, before, file, counts)
    const fewest = Object.fromEntries(
      Object.entries(countsOf(file)).map(([name, count]) => [name, Math.min(count, counts[name] ?? 0)]),
    )
    const needed = first + (fileAfter ? launchesFor(cloud, file, fileAfter, fewest) : 0)
    const launched = calls.flatMap(({service, principal, effects}) =>
      service === cloud && principal.name === 'operator'
        ? effects.filter(effect => changeOf(service, effect)?.by === 1)
        : [],
    )
    if (launched.length > needed)
      throw new LawBroken(
        'nothing is launched twice',
        `${cloud} launched ${launched.length} where ${needed} are enough`,
      )
  }
}

/** How many a file needs at the most where another was in force, and so many lived. */
function launchesFor(
  cloud: 'ec2' | 'cloudapi',
  from: FileDraw | undefined,
  to: FileDraw,
  living: Readonly<Record<string, number>>,
): number {
  const [then, now] = [groupIn(cloud, from), groupIn(cloud, to)]
  if (!now) return cloud === 'ec2' && !to.east ? 1 : 0
  const isSame = isDeepStrictEqual({...then, count: 0}, {...now, count: 0})
  return isSame ? Math.max(0, now.count - (living[now.name] ?? 0)) : now.count
}

function groupIn(cloud: 'ec2' | 'cloudapi', file: FileDraw | undefined) {
  if (!file) return undefined
  const {virginia, east, template} = file
  const group = cloud === 'ec2' ? virginia && {name: 'virginia', ...virginia} : east
  return group && {...group, template}
}

/** A changed launch spec reaches one cloud after the other, and no more new ones than a batch stand beside the old. */
export function expectCalmRollout(stage: Stage, chapter: Chapter, calls: readonly CallRecord[]): void {
  const {file, faults} = chapter
  if (faults.length > 0 || chapter.beside || !isRollout(stage, chapter)) return
  const declared = countsOf(file)

  const changes = calls.flatMap(({service, principal, effects}) =>
    principal.name === 'operator' ? effects.flatMap(effect => changeOf(service, effect) ?? []) : [],
  )
  const turns = changes.filter(({service}, index) => service !== changes[index - 1]?.service)
  if (turns.length > 2)
    throw new LawBroken('one cloud is rolled out after the other', turns.map(({service}) => service).join())
  const most = Math.max(0, ...Object.values(declared).map(count => batchOf(file, count)))
  let beyond = 0
  for (const {by} of changes) {
    beyond += by
    if (beyond > most)
      throw new LawBroken('a rollout goes batch by batch', `${beyond} beyond the count, ${most} in a batch`)
  }
}

const batchOf = ({rollout: {batch}}: FileDraw, count: number): number =>
  'count' in batch ? batch.count : Math.ceil((count * batch.percent) / 100)

/** Whether all that a command may change is the launch spec: the same groups, counts and names as before. */
export function isRollout({file: before, counts}: Stage, chapter: Chapter): boolean {
  const {file, fileAfter, command, strikes, beside} = chapter
  const isUp = command === 'up' || command === 'replace'
  if (!isUp || fileAfter || strikes.length > 0 || beside?.journal === 'other') return false
  const isSame = isSameShape(before, file) && before?.names === file.names
  return isSame && Object.entries(countsOf(file)).every(([name, count]) => counts[name] === count)
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
