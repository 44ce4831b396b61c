import type {Request} from '../../src/fleet/desire/course.ts'
import type {Desired} from '../../src/fleet/desired.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {truth} from '../support/laws.ts'
import type {Stage} from './stage.ts'
import {type Chapter, fleetOf} from './story.ts'

/** What a command asks for, and what must be true once that is done. */
export type Aim = {
  readonly fleet: Fleet
  readonly goal: Desired['goal']
  readonly request?: Request
  /** How many live in each group then. */
  readonly counts: Readonly<Record<string, number>>
  /** Ids of who must be gone then, and replaced. */
  readonly replaced: readonly string[]
  /** Ids of who is out of DNS from then on, and of who was and is not any more. */
  readonly drained: readonly string[]
  readonly undrained: readonly string[]
  /** It would leave nobody to be reached: a guard says so, and nothing is done. */
  readonly isRefused?: true
  /** Whether a plain `up` would find nothing to do then. */
  readonly isDeclared: boolean
  /** What is said after it went through: the same again, but for what would begin anew each time. */
  readonly afterwards: Pick<Aim, 'fleet' | 'goal' | 'request' | 'counts'>
}

const LAST_FILE: readonly Chapter['command'][] = [
  'down-group',
  'down-instance',
  'replace',
  'replace-instance',
  'rollback',
  'sync',
  'drain-instance',
  'drain-all',
  'undrain',
  'lower-ttl',
  'restore-ttl',
]

/** The chapter as far as it makes sense where the story stands. */
export function fitting({file}: Stage, drawn: Chapter): Chapter {
  const mayChange = drawn.command === 'up' && drawn.beside?.journal !== 'other'
  const maySave = drawn.command === 'up' && !drawn.beside && !drawn.losesJournal
  const chapter = {
    ...drawn,
    fileAfter: mayChange ? drawn.fileAfter : undefined,
    savedPlan: maySave ? drawn.savedPlan : undefined,
  }
  if (!file)
    return {...chapter, losesJournal: false, ...(LAST_FILE.includes(drawn.command) ? {command: 'up'} : {})}
  if (LAST_FILE.includes(chapter.command)) {
    // Who is ended by somebody else besides is nobody's to count; what was asked for is in the journal alone.
    const strikes =
      chapter.command === 'sync' ? chapter.strikes.filter(({does}) => does !== 'end-instance') : []
    // While a cloud is silent, those that can be seen are not all.
    const faults = chapter.command === 'drain-all' ? [] : chapter.faults
    return {...chapter, file, losesJournal: false, faults, strikes, beside: undefined}
  }
  // Names of earlier days are in the journal alone: without it, the file must name what it named before.
  return chapter.losesJournal || chapter.beside?.journal === 'other'
    ? {...chapter, file, fileAfter: undefined}
    : chapter
}

export function aimOf(
  {story, sim, counts: before, drained, sharesNames}: Stage,
  {file, command}: Chapter,
): Aim {
  const fleet = fleetOf(story, file)
  const declared = Object.fromEntries(fleet.groups.map(({name, count}) => [name, count]))
  const living = truth(sim, fleet)
  const aim = (goal: Desired['goal'], counts: Aim['counts']): Aim => {
    const plain = {fleet, goal, counts}
    return {
      ...plain,
      replaced: [],
      drained: [],
      undrained: [],
      isDeclared: goal.kind !== 'down',
      afterwards: plain,
    }
  }
  const up = aim({kind: 'up'}, declared)
  /** Said again after it went through, it asks for nothing new. */
  const asks = (request: Request): Aim => {
    const plain = {...aim({kind: 'sync'}, before), request}
    return {...plain, afterwards: plain}
  }
  const [victim] = living
  switch (command) {
    case 'down':
      return aim({kind: 'down'}, {})
    case 'down-group': {
      const name = fleet.groups[0]?.name ?? ''
      return aim({kind: 'down', groups: [name]}, {...before, [name]: 0})
    }
    case 'down-instance': {
      if (!victim) return up
      const left = (before[victim.group] ?? 0) - 1
      return aim({kind: 'down', instances: [victim.id]}, {...before, [victim.group]: left})
    }
    case 'replace':
      return {...up, request: {kind: 'renew'}, replaced: living.map(({id}) => id)}
    case 'replace-instance':
      if (!victim) return up
      return {...up, request: {kind: 'renew', instances: [victim.id]}, replaced: [victim.id]}
    case 'sync':
      return aim({kind: 'sync'}, before)
    case 'drain-instance': {
      const [serving, other] = living.filter(({id}) => !drained.includes(id))
      if (!serving || !other) return up
      return {...asks({kind: 'drain', until: 'forgotten', instances: [serving.id]}), drained: [serving.id]}
    }
    case 'drain-all': {
      if (living.every(({id}) => drained.includes(id)) || sharesNames) return up
      const request = {kind: 'drain', until: 'removed'} as const
      return {...aim({kind: 'sync'}, before), request, isRefused: true}
    }
    case 'undrain':
      return {...asks({kind: 'undrain'}), undrained: drained}
    case 'lower-ttl':
      return canBeLowered(fleet) ? asks({kind: 'lower-ttl'}) : up
    case 'restore-ttl':
      return asks({kind: 'restore-ttl'})
    case 'rollback': {
      const back = {...up, request: {kind: 'rollback'}, isDeclared: false} as const
      return {...back, afterwards: back}
    }
    default:
      return up
  }
}

/** As the vendors' shortest TTLs allow; a record set is nobody's own. */
const canBeLowered = ({names}: Fleet): boolean =>
  names.every(({routing}) => routing !== 'simple') &&
  names.some(({vendor, ttlSeconds}) => vendor === 'route53' || ttlSeconds > 60)
