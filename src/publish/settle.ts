import {ConflictError} from '../errors.ts'
import type {DnsChange, Member} from '../providers/dns.ts'
import type {ServiceZone} from './zone.ts'

/** What is still to be done, given what stands in the zone; nothing when all is as wished. */
export type Step = (standing: readonly Member[]) => DnsChange

/** Steps that depend on each other, and somebody else who was first a few times. */
const ROUNDS = 8

/**
 * Changes what is left to do of what was seen first, and looks again until nothing is: so every change is made from what
 * stands there, and whatever others did in between is seen. Returns what was changed, and what stands there now. Throws
 * ConflictError when somebody else is always first.
 */
export async function settle(
  zone: Pick<ServiceZone, 'change'>,
  first: readonly Member[],
  look: () => Promise<readonly Member[]>,
  step: Step,
): Promise<{change: DnsChange; standing: readonly Member[]}> {
  let standing = first
  const create: Member[] = []
  const remove: Member[] = []
  let lost: ConflictError | undefined
  for (let round = 1; round <= ROUNDS; round++) {
    const change = step(standing)
    if (change.create.length + change.remove.length === 0) return {change: {create, remove}, standing}
    try {
      await zone.change(change)
      create.push(...change.create)
      remove.push(...change.remove)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      lost = error
    }
    standing = await look()
  }
  throw (
    lost ??
    new ConflictError('Somebody else changes the same records again and again.', {
      suggestions: ['Run the same command again.'],
    })
  )
}
