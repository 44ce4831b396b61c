import {ConflictError} from '../errors.ts'
import type {DnsChange, Member} from '../providers/dns.ts'

/** What is still to be done, given what stands in the zone; nothing when all is as wished. */
export type Step = (standing: readonly Member[]) => DnsChange

/** A zone as one publisher uses it. */
export type ZoneAccess = {
  /** Everything under these names, with its marks. */
  list(names: readonly string[]): Promise<Member[]>
  change(change: DnsChange): Promise<void>
}

/** Steps that depend on each other, and somebody else who was first a few times. */
const ROUNDS = 8

/**
 * Looks, changes, and looks again until nothing is left to do: so every change is made from what stands there, and whatever
 * others did in between is seen. Returns what was changed. Throws ConflictError when somebody else is always first.
 */
export async function settle(
  zone: Pick<ZoneAccess, 'change'>,
  look: () => Promise<readonly Member[]>,
  step: Step,
): Promise<DnsChange> {
  const create: Member[] = []
  const remove: Member[] = []
  let lost: ConflictError | undefined
  for (let round = 1; round <= ROUNDS; round++) {
    const change = step(await look())
    if (change.create.length + change.remove.length === 0) return {create, remove}
    try {
      await zone.change(change)
      create.push(...change.create)
      remove.push(...change.remove)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      lost = error
    }
  }
  throw (
    lost ??
    new ConflictError('Somebody else changes the same records again and again.', {
      suggestions: ['Run the same command again.'],
    })
  )
}
