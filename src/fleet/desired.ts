import type {LaunchTarget} from '../providers/compute.ts'
import type {Fleet, Group} from './model.ts'

/** What this run wants: the fleet file, seen through the command. */
export type Desired = {
  readonly fleet: Fleet
  /** `up` makes the fleet true; `down` ends all of it, these groups, or these instances, and launches nothing. */
  readonly goal:
    | {readonly kind: 'up'}
    | {readonly kind: 'down'; readonly groups?: readonly string[]; readonly instances?: readonly string[]}
  /** In file order. */
  readonly groups: readonly DesiredGroup[]
}

export type DesiredGroup = {
  readonly group: Group
  /** What a launch would use now and the hash it would carry; absent while the place cannot be read, or when nothing is to be launched. */
  readonly launch?: {readonly target: LaunchTarget; readonly spec: string}
  /** Why there is no `launch` although the place could be read. */
  readonly unresolved?: string
}
