import {LockedError} from '../errors.ts'
import type {StoredEvent} from './events.ts'

export type NewEvent = Omit<StoredEvent, 'sequence'>

/** The state after all events up to `sequence`, as text, so that reading need not begin at the first event. */
export type Snapshot = {
  /** Version of the rules it was folded by: under others it says something else. */
  readonly fold: number
  readonly sequence: number
  readonly state: string
}

/**
 * An append-only list of events. One primitive carries everything: append with the expected next sequence number, which
 * fails when somebody else was first. What append returned for is durable: it survives the loss of the machine's power.
 */
export type Journal = {
  /** How far the clock of the server that keeps it is ahead of this machine's, as far as that matters; absent without a server. */
  readonly clockAheadMs?: number
  /** The events after this sequence (all of them without one), oldest first; sequences count from 1 without gaps. */
  read(after?: number): Promise<StoredEvent[]>
  /** Appends all of them or none, the first as `expectedSequence`; returns the next one. Throws LostAppendError. */
  append(expectedSequence: number, events: readonly NewEvent[]): Promise<number>
  /** The snapshot last kept under this version of the fold. */
  loadSnapshot(fold: number): Promise<Snapshot | undefined>
  /** Keeps it in place of an earlier one of the same version; a later one stays. Losing it loses nothing but time. */
  saveSnapshot(snapshot: Snapshot): Promise<void>
  close(): Promise<void>
}

/** Somebody else appended first: another run works on this fleet. The run that sees this ends before its next call (decision 26). */
export class LostAppendError extends LockedError {
  override name = 'LostAppendError'

  constructor(expected: number, found: number) {
    super(
      `Another run wrote to this fleet's journal (event ${expected} was ours to write, ${found - 1} stands there already).`,
      {
        suggestions: ['Wait until the other run has ended, then run the same command again.'],
      },
    )
  }
}
