import {hostname} from 'node:os'
import {confirm, type Question} from '../command-line/confirm.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import {breakLease} from '../fleet/turn/break-lease.ts'
import {holderText, type Standing} from '../fleet/turn/lease.ts'
import type {Lease} from '../journal/fold-lease.ts'
import {spanText} from '../output/time-text.ts'
import {userName} from '../process-identity.ts'
import {realRuntime} from '../runtime.ts'
import {openState} from '../state/open.ts'
import {readRecordedFleet} from '../state/recorded-fleet.ts'

export type UnlockFlags = FleetSource & {
  readonly sandbox: boolean
  readonly yes: boolean
  readonly json: boolean
}

export type UnlockReport = {
  readonly fleet: string
  readonly unlocked: boolean
  /** Whose lease it was. */
  readonly run?: {
    readonly id: string
    readonly command: string
    readonly user: string
    readonly host: string
    readonly pid: number
    readonly startedAt: string
    readonly lastSignAt: string
    /** As far as this host can tell. */
    readonly process: 'works' | 'gone' | 'unknown'
  }
}

/** Shows who holds the lease, asks, and breaks it. */
export async function unlockFleet(flags: UnlockFlags, say: (text: string) => void): Promise<UnlockReport> {
  const runtime = realRuntime()
  const {fleet, recorded, holder} = await readRecordedFleet(flags)
  const {lease} = recorded
  if (!lease || lease.brokenBy) {
    say(`Nothing to unlock: no run holds ${fleet.name}.`)
    return {fleet: fleet.name, unlocked: false}
  }
  await confirm(question(lease, holder, runtime.now()), flags)
  const {journal} = await openState(fleet, {sandbox: flags.sandbox})
  try {
    const by = {user: userName(), host: hostname()}
    const unlocked = await breakLease(journal, runtime, lease, by)
    say(
      unlocked
        ? `Unlocked: the next run on ${fleet.name} begins at once.`
        : `Nothing to unlock any more: ${holderText(lease)}, has ended in the meantime.`,
    )
    return {fleet: fleet.name, unlocked, run: describe(lease, holder)}
  } finally {
    await journal.close()
  }
}

function question(lease: Lease, holder: Standing, nowMs: number): Question {
  const silent = spanText(Math.max(0, nowMs - lease.lastSign.atMs))
  return {
    what: `${holderText(lease)}, holds the fleet; its last sign of life was ${silent} ago. ${CONSEQUENCE[processOf(holder)]}`,
    question: 'Unlock?',
    suggestions: ['Add --yes to unlock all the same.'],
  }
}

type HoldersProcess = NonNullable<UnlockReport['run']>['process']

const CONSEQUENCE: Readonly<Record<HoldersProcess, string>> = {
  works: 'Its process works on this host: unlocked, it ends at its next step, in the middle of what it does.',
  gone: 'Its process is gone: the next run takes over by itself, also without this.',
  unknown: 'Whether it still works cannot be told from this host: if it does, it ends at its next step.',
}

const processOf = ({kind}: Standing): HoldersProcess =>
  kind === 'alive' ? 'works' : kind === 'unknown' ? 'unknown' : 'gone'

function describe(lease: Lease, holder: Standing): NonNullable<UnlockReport['run']> {
  const {run, command, user, host, pid, startedAtMs, lastSign} = lease
  return {
    ...{id: run, command, user, host, pid},
    startedAt: new Date(startedAtMs).toISOString(),
    lastSignAt: new Date(lastSign.atMs).toISOString(),
    process: processOf(holder),
  }
}
