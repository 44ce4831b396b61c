import {createHash} from 'node:crypto'
import {WHOLE_FLEET} from '../../mark.ts'
import type {Instance} from '../../providers/compute.ts'
import type {Member} from '../../providers/dns.ts'
import {canonicalJson} from '../desire/spec.ts'
import {shownInstances} from '../observed.ts'
import {ownersOf} from '../ownership.ts'
import {type Action, endedBy} from '../plan/action.ts'
import type {Inspection} from './inspect.ts'

/**
 * What a plan was made of, as far as it decides what the plan does: the file's wishes, what lives, what stands in DNS. Plain
 * JSON without secrets, each line by a key that names it for people.
 */
export type Picture = {
  readonly declared: Lines
  readonly instances: Lines
  readonly records: Lines
  readonly ingress: Lines
  readonly unread: Lines
  readonly actions: Lines
}
type Lines = Readonly<Record<string, string>>

export const SAVED_PLAN_FORMAT = 1

/** `mcd plan --out FILE`: what was shown, to be carried out exactly or not at all. */
export type SavedPlan = {
  readonly format: typeof SAVED_PLAN_FORMAT
  readonly mcd: string
  readonly fleet: string
  readonly dns: string
  readonly madeAt: string
  readonly refreshImages: boolean
  /** Whom it ends: that was seen by whoever let it be carried out. */
  readonly ends: readonly string[]
  readonly picture: Picture
}

export function savePlan(
  {desired, recorded, observed, plan}: Inspection,
  made: Pick<SavedPlan, 'mcd' | 'madeAt' | 'refreshImages'>,
): SavedPlan {
  const {name: fleet, dns} = desired.fleet
  const picture = pictureOf({desired, recorded, observed, plan})
  return {format: SAVED_PLAN_FORMAT, ...made, fleet, dns, ends: endedBy(plan), picture}
}

export function pictureOf({desired, recorded, observed, plan}: Inspection): Picture {
  const owners = ownersOf(desired.fleet, recorded)
  const places = [...observed.places]
  const living = shownInstances(observed).filter(({mark, state}) => owners.has(mark.dns) && state !== 'gone')
  const names = [...observed.names]
  const members = names.flatMap(([key, seen]) =>
    seen.readable
      ? [...seen.members, ...seen.holds, ...(seen.discovery ?? [])].map(
          member => [recordKey(key, member), recordText(member)] as const,
        )
      : [],
  )
  const pieces = places.flatMap(([, place]) => (place.readable ? place.network : []))
  const unread = [...places, ...names].flatMap(([key, {readable}]) =>
    readable ? [] : [[key, 'silent'] as const],
  )
  return {
    declared: lines([
      ...desired.groups.map(
        ({group, launch, unresolved}) =>
          [
            `group ${group.name}`,
            `${group.count} in ${group.place.key}, launch spec ${launch?.spec ?? unresolved ?? 'unknown'}`,
          ] as const,
      ),
      ...desired.fleet.names.map(
        ({vendor, name, instanceCredentials: _, ...settings}) =>
          [`${vendor}/${name}`, JSON.stringify(settings)] as const,
      ),
      ...desired.groups.map(({group: {name, wish, failover, priority, weight}}) => {
        // What launches take with them beside their spec; tags as a hash, since a variable may have given them.
        const {tags, deletionProtection, zones, spread, open} = wish
        const launched = {deletionProtection, zones, spread, open, tags: hashOf(tags)}
        return [
          `settings of group ${name}`,
          JSON.stringify({failover, priority, weight, ...launched}),
        ] as const
      }),
      ['health check', JSON.stringify(desired.fleet.service)],
      ['drain', JSON.stringify([desired.fleet.drainWait, desired.fleet.drainQuiet])],
      ['rollout', JSON.stringify(desired.fleet.rollout)],
    ]),
    instances: lines(living.map(instance => [instance.id, instanceText(instance)])),
    records: lines(members),
    ingress: lines(pieces.map(({id, group, open}) => [id, `${group} ${open.join(', ')}`])),
    unread: lines(unread),
    actions: lines(plan.actions.map(action => [actionKey(action), JSON.stringify(timeless(action))])),
  }
}

/** What is another now than when the plan was made, a sentence each. Empty where it can be carried out as it was shown. */
export function whatMoved(saved: Picture, now: Picture): string[] {
  const silence = compare(saved.unread, now.unread, {
    gone: key => `${key} answers again`,
    come: key => `${key} does not answer now`,
    other: () => '',
  })
  // What cannot be seen looks as if it were gone: nothing else is said of it.
  if (silence.length > 0) return silence
  const moved = [
    ...declaredOtherwise(saved, now),
    ...compare(saved.instances, now.instances, {
      gone: (id, before) => `instance ${id} (${before}) is gone`,
      come: (id, after) => `instance ${id} (${after}) has come`,
      other: (id, before, after) => `instance ${id} was ${before} and is ${after}`,
    }),
    ...compare(saved.records, now.records, {
      gone: key => `${key} has left DNS`,
      come: key => `${key} has come into DNS`,
      other: (key, before, after) => `${key} had ${before} and has ${after}`,
    }),
    ...compare(saved.ingress, now.ingress, {
      gone: (id, before) => `ingress ${id} (${before}) is gone`,
      come: (id, after) => `ingress ${id} (${after}) has come`,
      other: (id, before, after) => `ingress ${id} was ${before} and is ${after}`,
    }),
  ]
  if (moved.length > 0) return moved
  // What follows from health, from time or from another run's journal shows in the plan alone.
  return compare(saved.actions, now.actions, {
    gone: key => `"${key}" is not called for any more`,
    come: key => `"${key}" is called for now`,
    other: key => `"${key}" would do something else now`,
  })
}

/** What of that is another wish: of the fleet file, or of what was laid over it. */
export const declaredOtherwise = (saved: Picture, now: Picture): string[] =>
  compare(saved.declared, now.declared, {
    gone: key => `${key} is no longer in the fleet file`,
    come: key => `${key} has come into the fleet file`,
    other: (key, before, after) => `${key} is declared otherwise: ${before} then, ${after} now`,
  })

type Words = {
  gone(key: string, before: string): string
  come(key: string, after: string): string
  other(key: string, before: string, after: string): string
}

function compare(saved: Lines, now: Lines, words: Words): string[] {
  const keys = [...new Set([...Object.keys(saved), ...Object.keys(now)])]
  return keys.flatMap(key => {
    const [before, after] = [saved[key], now[key]]
    if (before === after) return []
    if (after === undefined) return [words.gone(key, before ?? '')]
    if (before === undefined) return [words.come(key, after)]
    return [words.other(key, before, after)]
  })
}

/** Several of one key stand in one line, in an order of their own. */
function lines(entries: readonly (readonly [string, string])[]): Lines {
  const all = Map.groupBy(entries, ([key]) => key)
  return Object.fromEntries(
    [...all].map(([key, of]) => [
      key,
      of
        .map(([, text]) => text)
        .sort()
        .join('; '),
    ]),
  )
}

const hashOf = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 12)

/** One that boots and one that has booted are the same to a plan. */
const instanceText = ({state, place, mark: {group, spec}}: Instance): string =>
  `${state === 'pending' || state === 'running' ? 'alive' : state}, group ${group} in ${place}, launch spec ${spec}`

const recordKey = (name: string, {name: at, type, value}: Member): string =>
  `${type} ${at} ${value.replaceAll('\n', ' ')} at ${name.slice(0, name.indexOf('/'))}`

const recordText = ({ttlSeconds, mark, proxied}: Member): string =>
  [
    `TTL ${ttlSeconds} s`,
    mark ? `of ${mark.instance === WHOLE_FLEET ? 'the fleet' : mark.instance}` : 'of somebody else',
    ...(proxied ? ['proxied'] : []),
  ].join(', ')

/** Keys of timed actions hold the moment at which they end. */
const actionKey = ({key}: Action): string => key.replace(/ \d{10,}/g, '')

function timeless(action: Action): object {
  const {key: _key, reason: _reason, ...rest} = action
  const {untilMs: _untilMs, ...kept} = rest as typeof rest & {untilMs?: number}
  return {...kept, after: action.after.map(key => key.replace(/ \d{10,}/g, ''))}
}
