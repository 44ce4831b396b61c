import {accessSync, constants, existsSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import type {Fleet} from '../fleet/model.ts'
import {holderText, type Standing} from '../fleet/turn/lease.ts'
import {locationText} from '../journal/location.ts'
import type {Recorded} from '../journal/recorded.ts'
import {readRecorded} from '../journal/snapshot.ts'
import type {Finding} from '../providers/examine.ts'
import {troubled} from './finding.ts'
import type {DoctorOutside} from './outside.ts'

export type StateExamination = {
  readonly findings: readonly Finding[]
  /** What the journal knows, where it could be read. */
  readonly recorded?: Recorded
}

/** The journal, as far as reading shows it, and who holds its lease. Not even an empty one is made. */
export async function examineState(
  {openState, standing}: Pick<DoctorOutside, 'openState' | 'standing'>,
  fleet: Fleet,
): Promise<StateExamination> {
  const subject = locationText(fleet.state)
  const folder = fleet.state.kind === 'local' ? folderFinding(dirname(fleet.file)) : undefined
  if (folder) return {findings: [folder]}
  try {
    const {journal, where} = await openState()
    try {
      const recorded = await readRecorded(journal)
      const events = recorded.nextSequence - 1
      return {
        recorded,
        findings: [
          {
            check: 'state',
            subject,
            outcome: 'ok',
            detail:
              events === 0
                ? `There is no journal in ${where} yet: the first run makes it.`
                : `The journal in ${where} can be read: ${events} events.`,
          },
          ...writingFinding(fleet, events),
          leaseFinding(standing(recorded.lease)),
        ],
      }
    } finally {
      await journal.close()
    }
  } catch (error) {
    return {findings: [troubled('state', subject, error)]}
  }
}

/** Where `.mcd/` is, or would be made. */
function folderFinding(folder: string): Finding | undefined {
  const own = join(folder, '.mcd')
  const path = existsSync(own) ? own : folder
  if (!statSync(path).isDirectory())
    return {
      check: 'state',
      subject: 'local',
      outcome: 'failed',
      detail: `${path} is not a folder, and the journal is to lie in it.`,
      remedy: `Move ${path} away.`,
    }
  try {
    accessSync(path, constants.W_OK)
    return undefined
  } catch {
    return {
      check: 'state',
      subject: 'local',
      outcome: 'failed',
      detail: `${path} cannot be written to, and the journal is to lie in it.`,
      remedy: `Make ${path} writable for whoever runs mcd, or keep the journal elsewhere ("state").`,
    }
  }
}

/** Whoever wrote to it once was let, and its conditions were tried out before that. Nothing is written to find out now. */
function writingFinding({state}: Fleet, events: number): Finding[] {
  if (state.kind === 'local') return []
  const subject = `writing to ${locationText(state)}`
  if (events > 0)
    return [
      {
        check: 'state',
        subject,
        outcome: 'ok',
        detail: 'Runs have written to it; that these credentials may, the next one shows.',
      },
    ]
  return [
    {
      check: 'state',
      subject,
      outcome: 'unknown',
      detail:
        state.kind === 's3'
          ? 'Whether it may be written to, and refuses a second write under one key, shows by writing alone: the first run tries both before it changes anything.'
          : 'Whether tables may be made in it shows by making them: the first run does so before it changes anything.',
    },
  ]
}

function leaseFinding(standing: Standing): Finding {
  const finding = {check: 'state' as const, subject: 'lease'}
  switch (standing.kind) {
    case 'free':
      return {...finding, outcome: 'ok', detail: 'No run holds this fleet.'}
    case 'left':
      return {
        ...finding,
        outcome: 'warning',
        detail: `Run ${standing.takenOver.run} has left its lease behind: it was stopped before its end.`,
        remedy: 'Run the same command again: it takes the lease over at once, and goes on from there.',
      }
    case 'alive':
      return {
        ...finding,
        outcome: 'warning',
        detail: `A run works on this fleet: ${holderText(standing.lease)}.`,
        remedy: 'Wait for its end, or add --wait to the command that is to follow it.',
      }
    case 'unknown':
      return {
        ...finding,
        outcome: 'warning',
        detail: `A run works on this fleet, or was stopped: ${holderText(standing.lease)}.`,
        remedy:
          'Add --wait to the command that is to follow it; if it is dead for sure, "mcd state unlock" frees the fleet at once.',
      }
    default:
      return standing satisfies never
  }
}
