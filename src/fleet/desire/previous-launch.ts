import type {Recorded, RecordedLaunch} from '../../journal/recorded.ts'
import type {Group} from '../model.ts'
import type {Observed} from '../observed.ts'

/**
 * For each group, the launch whose spec a rollback returns to; absent where the journal knows no launch. Groups whose spec is
 * older than the last rollout are left as they are: what that rollout did not touch, it need not be undone for.
 */
export function previousLaunches(
  groups: readonly Group[],
  recorded: Recorded,
  observed: Observed,
): Map<string, RecordedLaunch> {
  const histories = groups.flatMap(group => historyOf(group, recorded) ?? [])
  const lastEra = Math.max(...histories.map(({since}) => since.era))
  const goals = histories.map(({group, newest, since, earlier}): [string, RecordedLaunch] => {
    if (since.era < lastEra) return [group.name, newest]
    return [group.name, mostAlive(earlier, group, observed) ?? lastBefore(earlier, since.era) ?? newest]
  })
  const isReturn = goals.some(([name, goal]) =>
    histories.some(({group, newest}) => group.name === name && goal !== newest),
  )
  return new Map(isReturn ? goals : [])
}

type History = {
  readonly group: Group
  readonly newest: RecordedLaunch
  /** The first launch of the newest spec, since another one. */
  readonly since: RecordedLaunch
  /** Launches of other specs, oldest first. */
  readonly earlier: readonly RecordedLaunch[]
}

function historyOf(group: Group, {launches}: Recorded): History | undefined {
  const own = [...launches.values()].filter(
    launch => launch.group === group.name && launch.place === group.place.key,
  )
  const newest = own.at(-1)
  if (!newest) return undefined
  const isNewest = ({order}: RecordedLaunch) => order.mark.spec === newest.order.mark.spec
  const before = own.findLastIndex(launch => !isNewest(launch))
  return {
    group,
    newest,
    since: own[before + 1] ?? newest,
    earlier: own.filter(launch => !isNewest(launch)),
  }
}

/** In the middle of a rollout: what it was replacing, and what most still run. */
function mostAlive(
  earlier: readonly RecordedLaunch[],
  {name, place: {key}}: Group,
  {places}: Observed,
): RecordedLaunch | undefined {
  const place = places.get(key)
  const living = new Map<string, number>()
  for (const {mark, state} of place?.readable ? place.instances : []) {
    if (mark.group === name && state !== 'gone') living.set(mark.spec, (living.get(mark.spec) ?? 0) + 1)
  }
  const count = ({order}: RecordedLaunch) => living.get(order.mark.spec) ?? 0
  return earlier.reduce<RecordedLaunch | undefined>(
    (most, each) => (count(each) > 0 && count(each) >= (most ? count(most) : 0) ? each : most),
    undefined,
  )
}

/** After a rollout: what the fleet was as declared with, rather than another try of the same rollout. */
function lastBefore(earlier: readonly RecordedLaunch[], era: number): RecordedLaunch | undefined {
  return earlier.findLast(launch => launch.era < era) ?? earlier.at(-1)
}
