import {EXIT, InterruptedError, McdError} from '../../errors.ts'
import type {JournalEvent} from '../../journal/events.ts'
import type {Desired} from '../desired.ts'
import type {Fleet} from '../model.ts'
import type {Observed} from '../observed.ts'
import type {Outside} from '../outside.ts'
import type {Plan} from '../plan/action.ts'
import {differencesOf} from '../status/differences.ts'
import type {FleetStatus} from '../status/report.ts'
import type {Ledger} from '../turn/ledger.ts'
import type {Turn, TurnOptions} from '../turn/turn.ts'
import {type Conclusion, deliver, owedStill} from './deliver.ts'
import {driftId, driftOf, wishOf} from './drift.ts'
import {firstSeen, isUnmarked, lossData, lossesRecorded, lostInstances} from './lost.ts'
import {idOf, isWanted, type NoticeData, owed} from './owe.ts'

/** What one run has to tell, from its first look to its last word. None of it decides what the run does. */
export type RunNotices = {
  /** After each look: writes down what it shows of losses and of drift, and begins to tell of it while the run goes on. */
  looked(look: {desired: Desired; observed: Observed; plan: Plan; isFirst: boolean}): Promise<void>
  /** Before the run is refused, for which it may have no lease yet: where many are lost at once it often is, and they are told of. */
  refused(observed: Observed, turn: Pick<Turn, 'take'>): Promise<void>
  /**
   * Before the run's last word, under its lease: no run that comes after may find the same notices owed. `last` are events for
   * the append of that word, `troubles` what could not be delivered.
   */
  finished(end: RunOutcome): Promise<{last: readonly JournalEvent[]; troubles: readonly string[]}>
  /** The same for a run that ends by an error. */
  failed(error: unknown): Promise<void>
}

export type RunOutcome = {
  readonly exit: number
  readonly converged: boolean
  readonly shortcomings: readonly string[]
  /** Kinds of what was carried out. */
  readonly done: readonly string[]
  readonly groups: FleetStatus['groups']
  readonly goal: Desired['goal']
}

type Options = Pick<TurnOptions, 'command' | 'identity'> & {
  readonly request?: unknown
  readonly toldBefore?: readonly string[]
}

type Ending = Pick<RunOutcome, 'exit' | 'converged' | 'shortcomings'> & NoticeData

const TRIES_AT_THE_END = 3

export function runNotices(
  outside: Outside,
  fleet: Fleet,
  {command, identity, request, toldBefore = []}: Options,
  ledger: Ledger,
): RunNotices {
  const {notify = []} = fleet
  const {host, user, job, version} = identity
  const head = {fleet: fleet.name, dns: fleet.dns, run: ledger.run, command, version, host, user}
  const about = (data: NoticeData): NoticeData => ({...head, ...(job === undefined ? {} : {job}), ...data})
  const concluded = (conclusion: Conclusion) => ledger.append(conclusion)
  // Kept also where nobody is to be told: who wants to hear of drift from now on needs no other `up` for it.
  const wish = wishOf(fleet, outside.userdata)
  const begun = new Set<string>()
  let underWay: Promise<unknown> = Promise.resolve()
  const givenUp: string[] = []
  /** At the first look the fleet was known to have been as the file says. */
  let wasSettled = false
  let hasDrifted = false

  function losses(observed: Observed): JournalEvent[] {
    if (!isWanted(fleet, 'instance-lost')) return []
    const recorded = ledger.recorded()
    const lost = lostInstances(recorded, observed)
    const notices = lost.flatMap(each =>
      owed(
        fleet,
        // Who gets its mark back may be lost once more.
        idOf('instance-lost', [fleet.name, fleet.dns, each.id, ...(isUnmarked(each) ? ['unmarked'] : [])]),
        'instance-lost',
        about(lossData(each, observed.atMs)),
      ),
    )
    return [...firstSeen(fleet, recorded, observed), ...lossesRecorded(lost), ...notices]
  }

  /** What somebody asked for beyond the file is no drift, and what a `down` meets will be gone. */
  function drift(desired: Desired, observed: Observed, plan: Plan): JournalEvent[] {
    const recorded = ledger.recorded()
    wasSettled = wish !== undefined && recorded.settled?.wish === wish
    if (request || desired.goal.kind === 'down') return []
    const sync = desired.goal.kind === 'sync' ? plan : undefined
    const differences = driftOf(recorded, wish, differencesOf(plan, observed, sync), desired)
    hasDrifted = differences.length > 0
    const id = driftId(fleet, recorded, differences)
    // A run that was killed found the same, and what it said is on its way.
    if (!hasDrifted || recorded.owed.has(id)) return []
    return owed(fleet, id, 'drift-found', about({differences}))
  }

  /** One try beside the run's work, for what this run has not begun to tell. */
  function begin(): void {
    const news = [...ledger.recorded().owed.values()].filter(({id}) => !begun.has(id))
    if (news.length === 0) return
    for (const {id} of news) begun.add(id)
    // What fails here is tried again, and told, at the end; a journal that fails is noticed by the run itself.
    underWay = underWay
      .then(async () =>
        givenUp.push(...(await deliver(outside, notify, news, {tries: 1, concluded})).givenUp),
      )
      .catch(() => undefined)
  }

  async function end(outcome: Ending): Promise<string[]> {
    const startedAtMs = ledger.recorded().lease?.startedAtMs
    const data = about({
      ...(startedAtMs === undefined ? {} : {startedAt: new Date(startedAtMs).toISOString()}),
      ...outcome,
    })
    const notice = owed(fleet, outside.runtime.id(), 'run-finished', data)
    if (notice.length > 0 && !isRepetition(outcome)) await ledger.append(...notice)
    await underWay
    const all = [...ledger.recorded().owed.values()]
    const round = await deliver(outside, notify, all, {tries: TRIES_AT_THE_END, concluded})
    const troubles = [...new Set([...givenUp, ...round.givenUp, ...round.failed.map(owedStill)])]
    for (const text of troubles) outside.progress({kind: 'undelivered', text})
    return troubles
  }

  const isRepetition = ({shortcomings}: Ending): boolean =>
    shortcomings.length > 0 &&
    shortcomings.every(text => toldBefore.some(told => told === text || told.startsWith(`${text}\n`)))

  return {
    async looked({desired, observed, plan, isFirst}) {
      const news = [...losses(observed), ...(isFirst ? drift(desired, observed, plan) : [])]
      if (news.length > 0) await ledger.append(...news)
      begin()
    },
    async refused(observed, {take}) {
      const news = losses(observed)
      if (!news.some(({type}) => type === 'instances-lost')) return
      if (ledger.holdsLease()) await ledger.append(...news)
      else await take([], news)
    },
    async finished({goal, done, ...outcome}) {
      const counts: Record<string, number> = {}
      for (const kind of done) counts[kind] = (counts[kind] ?? 0) + 1
      const troubles = await end({...outcome, actions: counts})
      return {last: outcome.converged ? settlement(goal) : [], troubles}
    },
    async failed(error) {
      if (!ledger.holdsLease()) return
      const isOurs = error instanceof McdError
      const shortcomings = isOurs && !(error instanceof InterruptedError) ? [error.message] : []
      // How the run ends is the error's to say.
      await end({exit: isOurs ? error.exit : EXIT.failed, converged: false, shortcomings}).catch(
        () => undefined,
      )
    },
  }

  /** `sync` sees to DNS alone: the fleet is as the file says after it only where it was before. */
  function settlement(goal: Desired['goal']): JournalEvent[] {
    if (wish === undefined) return []
    const isWhole = (goal.kind === 'up' && !goal.only) || (goal.kind === 'sync' && wasSettled)
    const isKnown = ledger.recorded().settled?.wish === wish && !hasDrifted
    return isWhole && !isKnown ? [{type: 'fleet-settled', wish}] : []
  }
}
