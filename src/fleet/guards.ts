import {UsageError} from '../errors.ts'
import type {Recorded} from '../journal/recorded.ts'
import {nearest} from '../nearest.ts'
import type {Member} from '../providers/dns.ts'
import type {Desired, Targets} from './desired.ts'
import type {Fleet} from './model.ts'
import {nameKey, type Observed} from './observed.ts'
import {isReady, type Plan} from './plan/action.ts'
import {emptiedBy} from './plan/dns/serving.ts'

export type Approval = {
  readonly allowEmpty: boolean
  /** More than half of a name's addresses may leave in one `sync`. */
  readonly allowShrink?: boolean
}

/**
 * Refuses a plan that would take the last serving address from a name now, unless that is what was asked for: `down` of the
 * whole fleet says so by itself, everything else needs --allow-empty (law 5, decision 20). What waits for others to serve
 * first is no such plan.
 */
export function checkEmptiness(
  {fleet, goal}: Desired,
  observed: Observed,
  {actions}: Plan,
  {allowEmpty}: Approval,
): void {
  const wholeFleet = goal.kind === 'down' && !goal.groups && !goal.instances
  if (allowEmpty || wholeFleet) return
  const leaving = new Set(
    actions.filter(isReady).flatMap(action => (action.kind === 'deregister' ? action.leaving : [])),
  )
  const [name] = emptiedBy(fleet, observed, leaving, actions)
  if (name === undefined) return
  throw new UsageError(
    `This would take the last serving address out of ${name}: nobody could reach the service.`,
    {
      suggestions: ['Add --allow-empty if that is what you want.', 'To end the whole fleet, run "mcd down".'],
    },
  )
}

/**
 * Refuses a run of DNS alone that would take more than half of a name's addresses of ours, counted from its beginning,
 * whatever for: so many are more likely to be missed by whoever looks than to be gone. Those that leave for good, or are
 * drained, were decided on before.
 */
export function shrinkGuard({
  allowShrink = false,
}: Approval): (desired: Desired, observed: Observed, plan: Plan) => void {
  /** By name key: the addresses at the first look, and which of them this run has taken away since. */
  const atFirst = new Map<string, ReadonlyMap<string, string>>()
  const taken = new Map<string, ReadonlySet<string>>()
  return ({fleet, goal}, observed, {actions}) => {
    if (goal.kind !== 'sync' || allowShrink) return
    const removed = new Set(
      actions.flatMap(action =>
        action.kind === 'deregister' && action.leaving.length === 0 && !action.onceAnswered
          ? action.remove
          : [],
      ),
    )
    for (const {vendor, name} of fleet.names) {
      const key = nameKey(vendor, name)
      const seen = observed.names.get(key)
      if (!seen?.readable) continue
      const ours = seen.members.filter(
        ({type, mark}) =>
          type !== 'TXT' && mark?.fleet === fleet.name && !goal.drain?.includes(mark.instance),
      )
      const before = atFirst.get(key) ?? new Map(ours.map(member => [addressKey(member), member.value]))
      atFirst.set(key, before)
      const stays = new Set(ours.filter(member => !removed.has(member)).map(addressKey))
      const goes = ours.filter(member => removed.has(member)).map(addressKey)
      const gone = [...before.keys()].filter(
        each => !stays.has(each) && (goes.includes(each) || taken.get(key)?.has(each)),
      )
      taken.set(key, new Set(gone))
      if (gone.length * 2 <= before.size || goes.length === 0) continue
      throw new UsageError(
        `This would take ${gone.length} of the fleet's ${before.size} addresses out of ${name} in one run: ${gone.map(each => before.get(each)).join(', ')}.`,
        {
          suggestions: [
            '"mcd status" says what is wrong with each of them.',
            'Run "mcd sync --allow-shrink" if that is what you want.',
          ],
        },
      )
    }
  }
}

const addressKey = ({value, mark}: Member): string => `${value} ${mark?.instance}`

/**
 * What a command names is there or was: in the fleet file, alive, or launched by an earlier run (so that the same command can
 * be run again when its first run was cut short, law 4). Returns the targets with every instance by its whole id: the
 * beginning of one is enough where it is the only one.
 */
export function resolveTargets(
  fleet: Fleet,
  targets: Targets,
  observed: Observed,
  recorded: Recorded,
): Targets {
  const owners = new Set([fleet.dns, ...recorded.owners])
  const living = [...observed.places.values()].flatMap(place =>
    place.readable ? place.instances.filter(({mark}) => owners.has(mark.dns)) : [],
  )
  const launches = [...recorded.launches.values()]
  const groups = new Set([
    ...fleet.groups.map(({name}) => name),
    ...living.map(({mark}) => mark.group),
    ...launches.map(({group}) => group),
  ])
  const ids = living.map(({id}) => id)
  const known = [...launches.flatMap(({instances}) => instances), ...recorded.leaving.keys()]
  const unknown = (targets.groups ?? [])
    .filter(name => !groups.has(name))
    .map(name => explainUnknown('group', name, [...groups]))
  const instances = targets.instances?.map(wanted => {
    const isIt = (id: string) => id === wanted || (wanted.length >= SHORT_ID && id.startsWith(wanted))
    const shown = ids.filter(isIt)
    const matches = shown.length > 0 ? shown : [...new Set(known.filter(isIt))]
    if (matches.length === 1 && matches[0] !== undefined) return matches[0]
    unknown.push(
      matches.length > 1
        ? `"${wanted}" begins several ids: ${matches.join(', ')}.`
        : explainUnknown('instance', wanted, ids),
    )
    return wanted
  })
  const meantAsGroup = (targets.instances ?? []).find(wanted => groups.has(wanted))
  if (unknown.length > 0)
    throw new UsageError(unknown.join('\n'), {
      suggestions: [
        ...(meantAsGroup === undefined ? [] : [`Write "--group ${meantAsGroup}" for that group.`]),
        '"mcd status" lists groups and instances.',
      ],
    })
  return {...(targets.groups ? {groups: targets.groups} : {}), ...(instances ? {instances} : {})}
}

const SHORT_ID = 8

function explainUnknown(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `The fleet has no ${what} "${name}"${near === undefined ? '.' : `; did you mean "${near}"?`}`
}
