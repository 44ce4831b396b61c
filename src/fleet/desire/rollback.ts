import {McdError, RefusedError, UsageError} from '../../errors.ts'
import type {JournalEvent} from '../../journal/events.ts'
import type {Recorded, RecordedLaunch} from '../../journal/recorded.ts'
import {momentText} from '../../moment-text.ts'
import type {LaunchWish} from '../../providers/compute.ts'
import type {Desired, Targets} from '../desired.ts'
import type {Fleet, Group} from '../model.ts'
import type {Observed} from '../observed.ts'
import type {Outside, Thawed} from '../outside.ts'
import {previousLaunches} from './previous-launch.ts'

/** The file's part of a launch spec again as it was, for each group that goes back. */
type Return = {readonly group: Group; readonly launch: RecordedLaunch; readonly thawed: Thawed}

/**
 * The fleet as it was before its newest launch spec: each group's wish and userdata out of the journal, frozen as they were
 * launched, so that what still lives of that spec counts as current. Which spec that is, is written down before anything
 * changes: a rollback that was killed goes on to it, instead of returning from it. Everything else is the file's.
 */
export function rollBack(
  outside: Outside,
  fleet: Fleet,
  {groups: only}: Targets,
  recorded: Recorded,
  observed: Observed,
): {
  outside: Outside
  fleet: Fleet
  goals: readonly RecordedLaunch[]
  asks: readonly JournalEvent[]
} {
  const scope = fleet.groups.filter(({name}) => !only || only.includes(name))
  const begun = recorded.rollback.flatMap(id => recorded.launches.get(id) ?? [])
  const chosen = previousLaunches(scope, recorded, observed)
  const goals = scope.flatMap(group => {
    const isHere = (launch: RecordedLaunch) => launch.group === group.name && launch.place === group.place.key
    const launch = begun.find(isHere) ?? chosen.get(group.name)
    return launch ? [{group, launch}] : []
  })
  if (goals.length === 0)
    throw new UsageError(
      'There is nothing to return to: the journal knows no earlier launch spec of this fleet.',
      {
        suggestions: ['Mend the fleet file or the template, then run "mcd up".'],
      },
    )
  const returns = thawAll(outside, fleet, goals, recorded)
  const byGroup = new Map(returns.map(each => [each.group.name, each]))
  const {userdata} = outside
  const userdataOf = ({name}: Group) => byGroup.get(name)?.thawed.userdata ?? userdata
  const isNew = goals.some(({launch}) => !recorded.rollback.includes(launch.order.mark.launch))
  return {
    outside: {
      ...outside,
      userdata: {
        ...userdata,
        spec: group => userdataOf(group).spec(group),
        render: (group, ...around) => userdataOf(group).render(group, ...around),
        freeze: group => userdataOf(group).freeze(group),
      },
    },
    fleet: {
      ...fleet,
      groups: fleet.groups.map(group => {
        const back = byGroup.get(group.name)
        return back ? {...group, wish: earlierWish(back)} : group
      }),
      warnings: [...fleet.warnings, ...returnTexts(outside, returns, recorded)],
    },
    goals: goals.map(({launch}) => launch),
    asks: isNew
      ? [{type: 'rollback-asked', launches: goals.map(({launch}) => launch.order.mark.launch)}]
      : [],
  }
}

/** What belongs to the launch spec is the journal's; tags, zones and ports of our own ingress are the file's. */
function earlierWish({group: {wish}, launch, thawed}: Return): LaunchWish {
  const {target} = launch.order
  const {tags, deletionProtection, zones, spread, open} = wish
  const {zones: _zones, spread: _spread, ...frozen} = target.wish
  return {
    ...frozen,
    pinnedImageId: target.imageId,
    metadata: thawed.metadata,
    tags,
    deletionProtection,
    open: frozen.open.length > 0 && open.length > 0 ? open : frozen.open,
    ...(zones ? {zones} : {}),
    ...(spread === undefined ? {} : {spread}),
  }
}

/** Every variable that has no value and everything else that stands in the way, in one error. */
function thawAll(
  outside: Outside,
  {service}: Fleet,
  goals: readonly Omit<Return, 'thawed'>[],
  {specs}: Recorded,
): Return[] {
  const reasons: string[] = []
  const unset = new Set<string>()
  const returns = goals.flatMap(({group, launch}): Return[] => {
    const {spec} = launch.order.mark
    const source = specs.get(spec)
    if (source === undefined) {
      reasons.push(
        `groups.${group.name}: launch spec ${spec} was recorded by an older mcd, without its template: it cannot be launched again.`,
      )
      return []
    }
    const thawed = outside.userdata.thaw(source)
    for (const name of thawed.unset) unset.add(name)
    const {port, health} = thawed.service
    if (port !== service.port || health.path !== service.health.path)
      reasons.push(
        `groups.${group.name}: launch spec ${spec} answers on port ${port} at ${health.path}, and the fleet file asks on port ${service.port} at ${service.health.path}: put that back in "service".`,
      )
    return [{group, launch, thawed}]
  })
  if (unset.size > 0)
    reasons.push(
      `The earlier launch specs use ${unset.size === 1 ? 'an environment variable that is' : 'environment variables that are'} not set: ${[...unset].join(', ')}.`,
    )
  if (reasons.length > 0)
    throw new RefusedError(reasons, {
      suggestions: [
        ...(unset.size > 0 ? [`Set ${[...unset].join(', ')}, then run again.`] : []),
        'Or mend the fleet file, then run "mcd up". Nothing was changed.',
      ],
    })
  return returns
}

/** What each group returns to and where the fleet file says otherwise; groups that stay as they are go without saying. */
function returnTexts(outside: Outside, returns: readonly Return[], {launches}: Recorded): string[] {
  const texts = returns.flatMap(each => {
    const {group, launch} = each
    const isHere = (other: RecordedLaunch) => other.group === group.name && other.place === group.place.key
    const {spec} = launch.order.mark
    const differences = differencesOf(outside, each)
    const isNewest = [...launches.values()].findLast(isHere)?.order.mark.spec === spec
    if (differences.length === 0 && isNewest) return []
    const how = differences.length > 0 ? differences.join('; ') : `image ${launch.order.target.imageId}`
    return `Group ${group.name} returns to launch spec ${spec} of ${momentText(launch.intendedAtMs)}: ${how}.`
  })
  const stays =
    'The fleet file is not changed: the next plain "mcd up" rolls forward again unless the file is mended.'
  return texts.length > 0 ? [...texts, stays] : []
}

function differencesOf(outside: Outside, {group, launch, thawed}: Return): string[] {
  const {wish: earlier, imageId} = launch.order.target
  const {wish} = group
  return [
    ...(earlier.types.join() === wish.types.join()
      ? []
      : [`type ${earlier.types.join(', ')} instead of ${wish.types.join(', ')}`]),
    ...(earlier.image === wish.image ? [] : [`image ${earlier.image} (${imageId}) instead of ${wish.image}`]),
    ...(isSameUserdata(outside, thawed, group) ? [] : ['other userdata (its template or values)']),
  ]
}

/** The file's template may be the very one that is broken. */
function isSameUserdata({userdata}: Outside, thawed: Thawed, group: Group): boolean {
  try {
    return JSON.stringify(thawed.userdata.spec(group)) === JSON.stringify(userdata.spec(group))
  } catch (error) {
    if (error instanceof McdError) return false
    throw error
  }
}

/** Refuses a spec that did not come out as it was: an image or a network of it is no more what it was. */
export function checkReturned(desired: Pick<Desired, 'groups'>, launches: readonly RecordedLaunch[]): void {
  const strange = launches.flatMap(({group: name, order}) => {
    const now = desired.groups.find(({group}) => group.name === name)?.launch?.spec
    return now === undefined || now === order.mark.spec ? [] : [{name, spec: order.mark.spec}]
  })
  if (strange.length > 0)
    throw new McdError(
      strange
        .map(({name, spec}) => `groups.${name}: launch spec ${spec} cannot be made again as it was.`)
        .join('\n'),
      {suggestions: ['Mend the fleet file, then run "mcd up". Nothing was changed.']},
    )
}
