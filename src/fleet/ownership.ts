import type {Recorded} from '../journal/recorded.ts'
import type {Fleet} from './model.ts'

/** The DNS names that make what bears the fleet's name ours (decision 1): its own, and those that were its own before (decision 4). */
export const ownersOf = (
  {dns}: Pick<Fleet, 'dns'>,
  {owners}: Pick<Recorded, 'owners'>,
): ReadonlySet<string> => new Set([dns, ...owners])
