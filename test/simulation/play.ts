import {EXIT} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {expectExactly, holds, truth} from '../support/laws.ts'
import {aimOf, fitting} from './aim.ts'
import {expectCalmRollout, expectNothingLaunchedTwice, expectTokensUsedOnce, isRollout} from './call-laws.ts'
import {canServe, disturb, isPointless, outcomeText, settingsOf, total} from './disturb.ts'
import {expectPassed, expectSettings} from './dns-laws.ts'
import {newJournal, note, type Stage} from './stage.ts'
import {type Chapter, fleetOf} from './story.ts'

const ALL_THE_TIME_MS = 60 * 60_000
/** Longer than anything stays unseen in a story. */
const HIDDEN_MS = 2 * 60_000

/** Plays a story to its end. Throws LawBroken, or whatever else must not happen. */
export async function play(stage: Stage): Promise<void> {
  for (const [index, chapter] of stage.story.chapters.entries()) {
    note(stage, `chapter ${index + 1}`)
    await playChapter(stage, fitting(stage, chapter))
  }
  if (stage.file && stage.isDeclared) await expectNothingToDo(stage, fleetOf(stage.story, stage.file))
}

async function playChapter(stage: Stage, chapter: Chapter): Promise<void> {
  const {sim, watch} = stage
  const aim = aimOf(stage, chapter)
  if (chapter.losesJournal) {
    stage.openJournal = newJournal(stage.story)
    sim.journal = await stage.openJournal()
  }
  const picture = await stage.foreign()
  const callsBefore = sim.world.calls.records.length
  const served = total(stage.counts) > 0
  watch.reset()
  note(
    stage,
    `${chapter.command} ${describeFleet(aim.fleet)}${chapter.losesJournal ? ', the journal lost' : ''}`,
  )

  let file = chapter.file
  let {fleet, counts} = aim
  const outcome = await disturb(stage, chapter, aim)
  if (outcome === 'nothing to return to') return
  if (outcome !== 'whole') {
    // Of what another journal launched, nothing tells before the cloud shows it.
    const hiddenMs = chapter.beside?.journal === 'other' ? HIDDEN_MS : 0
    await sim.time.advance(Math.max(chapter.pauseMs, hiddenMs))
    let rerun = outcome === 'done' || aim.isRefused ? aim.afterwards : aim
    if (chapter.fileAfter) {
      file = chapter.fileAfter
      rerun = aimOf(stage, {...chapter, file})
    }
    fleet = rerun.fleet
    counts = rerun.counts
    note(stage, `one plain rerun: ${describeFleet(fleet)}`)
    const result = await sim.time
      .run(async () =>
        sim.start(fleet, rerun.goal, {
          ...settingsOf(stage, rerun),
          timeoutMs: ALL_THE_TIME_MS,
          journal: await stage.openJournal(),
        }),
      )
      .catch((error: unknown) => {
        if (isPointless(error)) return undefined
        throw error
      })
    if (!result) return
    holds('one plain rerun is enough', outcomeText(result), `exit ${EXIT.done}`)
  }
  if (aim.request?.kind === 'lower-ttl') expectPassed(stage, fleet)

  const drained = [...stage.drained, ...aim.drained].filter(id => !aim.undrained.includes(id))
  await expectExactly(sim, fleet, counts, {drained})
  if (aim.goal.kind !== 'down') await expectSettings(stage, fleet, aim.request)
  // What the one takes out and the other's servers have not heard of yet, neither can know: there the lease is what keeps the law.
  if (chapter.beside?.journal !== 'other') holds('DNS before death', watch.early, [])
  watch.early.length = 0
  holds('nobody ends in use before drain.max', stage.cutOff, [])
  if (!chapter.strikes.some(({does}) => does === 'add-record'))
    holds('what is foreign is as it was', await stage.foreign(), picture)
  // Who shares its name with somebody else's addresses may leave it to them.
  stage.sharesNames ||= chapter.strikes.some(({does}) => does === 'add-record')
  const mustServe = served && canServe(stage, aim.counts) && canServe(stage, counts) && !stage.sharesNames
  const isSpared = chapter.strikes.every(({does}) => does === 'hang-instance')
  if (aim.goal.kind !== 'down' && mustServe && isSpared)
    holds('a live name is never emptied', watch.fewest() > 0, true)
  if (mustServe && isRollout(stage, chapter))
    holds(
      'a rollout takes nobody away before another one serves',
      watch.fewest() >= total(counts) - drained.length,
      true,
    )
  const calls = sim.world.calls.records.slice(callsBefore)
  expectTokensUsedOnce(calls, chapter)
  expectNothingLaunchedTwice(stage, chapter, calls)
  expectCalmRollout(stage, chapter, calls)
  const alive = new Set(truth(sim, fleet).map(({id}) => id))
  holds(
    'who was to be replaced is gone',
    aim.replaced.filter(id => alive.has(id)),
    [],
  )
  stage.file = file
  stage.counts = counts
  stage.drained = drained.filter(id => alive.has(id))
  stage.isDeclared = aim.isDeclared || chapter.fileAfter !== undefined
}

/** Once all is as declared, another run changes nothing. */
async function expectNothingToDo(stage: Stage, fleet: Fleet): Promise<void> {
  if (fleet.groups.some(({name, count}) => (stage.counts[name] ?? 0) !== count)) return
  note(stage, 'another up')
  const {actions} = await stage.sim.up(fleet)
  holds(
    'a second run has nothing to do',
    actions.map(({key}) => key),
    [],
  )
}

function describeFleet({groups, names, userdata}: Fleet): string {
  const shown = groups.map(
    ({name, place, count, wish}) => `${name}@${place.key}=${count} ${wish.types[0]} ${wish.open}`,
  )
  const published = names.map(({vendor, name, ttlSeconds}) => `${vendor}/${name} ${ttlSeconds} s`)
  return `${shown.join(', ')} at ${published.join(', ')}, ${userdata.template}`
}
