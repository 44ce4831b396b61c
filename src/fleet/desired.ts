import type {LaunchTarget} from '../providers/compute.ts'
import type {Fleet, Group} from './model.ts'

/** What this run wants: the fleet file, seen through the command. */
export type Desired = {
  readonly fleet: Fleet
  /** `up` makes the fleet true; `down` ends all of it, these groups, or these instances, and launches nothing. */
  readonly goal:
    | {
        readonly kind: 'up'
        /** Replaced by this run although their launch spec is right, beside those the journal knows to be asked for. */
        readonly renew?: readonly string[]
        /** Of what is outdated, only these groups or instances are replaced. */
        readonly only?: Targets
      }
    | ({readonly kind: 'down'} & Targets)
    /** DNS alone: the names follow those that live and serve; nobody is launched or ended. */
    | {
        readonly kind: 'sync'
        /** Drained by this run, and let in again by it, beside what the journal knows. */
        readonly drain?: readonly string[]
        readonly undrain?: readonly string[]
        /** Those that it takes out are seen through until they are out, those that it drains until resolvers have forgotten them; without it, until the servers follow. */
        readonly until?: 'removed' | 'forgotten'
        /** Names, by key, whose lowered TTL is seen through until the longer ones have passed. */
        readonly settle?: readonly string[]
      }
  /** In file order; the count of one that takes over for another is its grown one. */
  readonly groups: readonly DesiredGroup[]
  /** `--allow-empty`: those that fail may leave a name although nobody is left there. */
  readonly allowEmpty?: boolean
  /** `--now`: whoever is out of DNS ends at once, remembered or not. */
  readonly now?: boolean
  /** Groups with a failover whose place is silent now. */
  readonly takeovers?: readonly Takeover[]
}

/** Whole groups, or instances by their ids. */
export type Targets = {readonly groups?: readonly string[]; readonly instances?: readonly string[]}

/** What a group that takes over must have at least, and the sentence that says why, or why it does not. */
export type Takeover = {readonly to: string; readonly wanted: number; readonly text: string}

export type DesiredGroup = {
  readonly group: Group
  /** What a launch would use now and the hash it would carry; absent while the place cannot be read, or when nothing is to be launched. */
  readonly launch?: {
    readonly target: LaunchTarget
    readonly spec: string
    /** Of what an instance would be told today, keyed like those in the journal; absent while there is none. */
    readonly userdataDigest?: string
  }
  /** Why there is no `launch` although the place could be read. */
  readonly unresolved?: string
}
