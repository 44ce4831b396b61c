import type {Runtime} from '../../runtime.ts'
import {VISIBILITY_MS} from '../known-instances.ts'
import {type Action, isReady, isTimed, type Plan} from '../plan/action.ts'
import {isSettled} from './await-served.ts'
import type {Pass} from './pass.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** How long to wait for the name servers to follow: Route53 says "usually within 60 seconds". */
const SETTLE_MS = 90_000
const SETTLE_POLL_MS = 500
const SHOW_POLL_MS = 5_000

/** What is left to wait for when nothing more can be done at once. */
export type Waits = {
  /** For time to pass, for clients to go, or for the vendor's servers to follow. */
  readonly draining: readonly Action[]
  /** For instances that boot, register or end. */
  readonly waiting: readonly Action[]
  /** Something may yet go through, or become ready by itself. */
  readonly isPending: boolean
  /** There is nothing to wait for, or it has had its time. */
  readonly isOver: boolean
}

/** How long a run waits, and how often it looks meanwhile. One for a run, counted from when it is made. */
export type Patience = {
  /** Something came of these: what follows them is looked for at once. */
  renew(done: readonly Action[]): void
  /** Of what is wanted, `ready` came to nothing. */
  waitsFor(wanted: readonly Action[], ready: readonly Action[]): Waits
  /** Until it is worth another look. */
  sleep(waits: Waits): Promise<void>
  /**
   * Once nothing is left to wait for: whether the name servers have yet to follow, or a cloud has yet to show whose address the
   * plan cannot name. Both are waited for a moment.
   */
  settles(pass: Pass, plan: Plan): Promise<boolean>
}

export function createPatience(
  runtime: Runtime,
  {timeoutMs, healthIntervalMs}: {readonly timeoutMs: number; readonly healthIntervalMs: number},
): Patience {
  let startedAtMs = runtime.now()
  let pauseMs = FIRST_PAUSE_MS
  let settlingSinceMs: number | undefined
  return {
    renew(done) {
      // Each batch of a rollout has the whole time to become healthy.
      if (done.some(({kind}) => kind === 'launch')) startedAtMs = runtime.now()
      pauseMs = FIRST_PAUSE_MS
    },

    waitsFor(wanted, ready) {
      const isOverdue = runtime.now() - startedAtMs >= timeoutMs
      // A TTL always passes; that a vendor serves a removal is its own affair, and waited for as everything else is.
      const draining = wanted.filter(
        action => isReady(action) && (isTimed(action) || (isServing(action) && !isOverdue)),
      )
      const waiting = wanted.filter(action => isReady(action) && action.kind === 'wait')
      const isPending =
        ready.length > 0 ||
        wanted.some(action => !isReady(action) && action.kind === 'register' && action.create.length > 0)
      const isOver = draining.length === 0 && ((waiting.length === 0 && !isPending) || isOverdue)
      return {draining, waiting, isPending, isOver}
    },

    async sleep({draining, waiting, isPending}) {
      const untilMs = Math.min(...draining.flatMap(action => dueAtMs(action) ?? []))
      const sleptFromMs = runtime.now()
      // Clients may stay for hours: there is nothing to see before they are asked for again.
      const isAllForQuiet =
        draining.length > 0 && waiting.length === 0 && !isPending && draining.every(isForQuiet)
      const longestMs = isAllForQuiet ? untilMs : pauseMs
      const lookMs = waiting.length > 0 ? healthIntervalMs : longestMs
      await runtime.sleep(Math.max(0, Math.min(longestMs, untilMs - runtime.now(), lookMs)))
      // A drain takes what the TTL takes: only what is waited for otherwise has a limit.
      if (untilMs < Number.POSITIVE_INFINITY && waiting.length === 0)
        startedAtMs += runtime.now() - sleptFromMs
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)
    },

    async settles(pass, plan) {
      settlingSinceMs ??= runtime.now()
      const mayShow = mayStillShow(pass, plan, runtime.now())
      if ((!mayShow && (await isSettled(pass))) || runtime.now() - settlingSinceMs >= SETTLE_MS) return false
      await runtime.sleep(mayShow ? SHOW_POLL_MS : SETTLE_POLL_MS)
      return true
    },
  }
}

/** A launch may have been carried out twice, and the double registered itself before its cloud shows it (decision 29). */
function mayStillShow({ledger}: Pass, {notes}: Plan, nowMs: number): boolean {
  return (
    notes.some(({kind}) => kind === 'unknown-instance') &&
    [...ledger.recorded().launches.values()].some(
      ({answeredAtMs, intendedAtMs}) => nowMs - (answeredAtMs ?? intendedAtMs) < VISIBILITY_MS,
    )
  )
}

/** Whose connections are to be counted at the next look. */
export const awaitedQuiet = ({draining}: Waits): string[] =>
  draining.flatMap(action => (isForQuiet(action) ? action.instances : []))

/** The vendor's servers have yet to follow. */
const isServing = ({kind}: Action): boolean => kind === 'drain' || kind === 'settle'

const isForQuiet = (action: Action): action is Action & {kind: 'drain'} =>
  action.kind === 'drain' && action.until === 'quiet'

const dueAtMs = (action: Action): number | undefined => {
  if (isForQuiet(action)) return action.lookAtMs
  return isTimed(action) ? action.untilMs : undefined
}
