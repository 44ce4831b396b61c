import type {Member} from '../providers/dns.ts'
import type {Step} from './events.ts'
import type {Recorded} from './recorded.ts'

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends ReadonlyMap<infer A, infer B>
    ? Map<A, B>
    : T[K] extends readonly (infer A)[]
      ? A[]
      : T[K]
}

/**
 * The fold under way: what is known so far, and what later events will be read against. It grows in place, one event at a
 * time, so that a long journal costs no more for each append than a short one.
 */
export type Folding = {
  readonly recorded: Mutable<Recorded>
  /** Intents to which an outcome may still come. */
  readonly steps: Map<string, Step>
  /** By zone and instance: every removal that was sent, with or without an outcome. */
  readonly sent: Map<string, Member[]>
}

export const startFold = (): Folding => ({
  recorded: {
    nextSequence: 1,
    lease: undefined,
    digestKey: undefined,
    file: undefined,
    movedTo: undefined,
    owners: [],
    places: new Map(),
    silentSinceMs: new Map(),
    zones: new Map(),
    names: [],
    longestTtlSeconds: 0,
    launches: new Map(),
    found: new Map(),
    leaving: new Map(),
    heldOut: new Map(),
    terminatedAtMs: new Map(),
    ended: new Map(),
    networkIds: new Map(),
    unsettledNetwork: new Map(),
    specs: new Map(),
    rollback: [],
    converged: 0,
    asked: new Map(),
    drained: new Map(),
    lifted: new Map(),
    lowered: new Map(),
    pausedAtMs: new Map(),
    registeredAtMs: new Map(),
    owed: new Map(),
    seen: new Map(),
    settled: undefined,
  },
  steps: new Map(),
  sent: new Map(),
})
