import type {Request} from '../../src/fleet/course.ts'
import type {Desired} from '../../src/fleet/desired.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {truth} from '../support/laws.ts'
import type {Stage} from './play.ts'
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
  /** Ids of who is out of DNS from then on. */
  readonly drained: readonly string[]
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
]

/** The chapter as far as it makes sense where the story stands. */
export function fitting({file}: Stage, drawn: Chapter): Chapter {
  const mayChange = drawn.command === 'up' && drawn.beside?.journal !== 'other'
  const chapter = {...drawn, fileAfter: mayChange ? drawn.fileAfter : undefined}
  if (!file)
    return {...chapter, losesJournal: false, ...(LAST_FILE.includes(drawn.command) ? {command: 'up'} : {})}
  if (LAST_FILE.includes(chapter.command)) {
    // Who is ended by somebody else besides is nobody's to count; what was asked for is in the journal alone.
    const strikes = chapter.command === 'sync' ? chapter.strikes : []
    return {...chapter, file, losesJournal: false, strikes, beside: undefined}
  }
  // Names of earlier days are in the journal alone: without it, the file must name what it named before.
  return chapter.losesJournal || chapter.beside?.journal === 'other'
    ? {...chapter, file, fileAfter: undefined}
    : chapter
}

export function aimOf({story, sim, counts: before}: Stage, {file, command}: Chapter): Aim {
  const fleet = fleetOf(story, file)
  const declared = Object.fromEntries(fleet.groups.map(({name, count}) => [name, count]))
  const living = truth(sim, fleet)
  const aim = (goal: Desired['goal'], counts: Aim['counts']): Aim => {
    const plain = {fleet, goal, counts}
    return {...plain, replaced: [], drained: [], isDeclared: goal.kind !== 'down', afterwards: plain}
  }
  const up = aim({kind: 'up'}, declared)
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
      if (!victim) return up
      const request = {kind: 'drain', until: 'forgotten', instances: [victim.id]} as const
      const drain = {...aim({kind: 'sync'}, before), request, drained: [victim.id]}
      return {...drain, afterwards: drain}
    }
    case 'rollback': {
      const back = {...up, request: {kind: 'rollback'}, isDeclared: false} as const
      return {...back, afterwards: back}
    }
    default:
      return up
  }
}
