import {TransientError, UnreachableError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {NetworkPiece, NetworkWish} from '../compute.ts'
import type {Client} from './client.ts'
import {fromRule, fulfils, sameOwner, toRule} from './ingress.ts'

/** How long a rule that was made may stay out of the listing. */
const SETTLE_MS = 2_000
const SENDS = 3

/** Every rule with our mark. Of several for one group the first by id stays, whoever looks. */
export async function listPieces(client: Client, place: string): Promise<NetworkPiece[]> {
  const pieces = (await client.listRules())
    .flatMap(rule => fromRule(rule, place) ?? [])
    .sort((a, b) => a.id.localeCompare(b.id))
  return pieces.map(piece =>
    pieces.find(first => sameOwner(first, piece)) === piece ? piece : {...piece, twin: true as const},
  )
}

/**
 * Makes a group's rule, or completes it. CloudAPI takes two equal rules without a word, so a rule that came twice (a
 * lost reply, two runs at once) is made one again.
 */
export async function ensureRule(
  client: Client,
  runtime: Runtime,
  place: string,
  wish: NetworkWish,
): Promise<void> {
  const ours = async () => (await listPieces(client, place)).filter(piece => sameOwner(piece, wish))
  const [kept, ...surplus] = await ours()
  for (const piece of surplus) await client.deleteRule(piece.id)
  if (kept) {
    if (!fulfils(kept, wish)) await client.updateRule(kept.id, toRule(wish))
    return
  }
  for (let sent = 1; ; sent++) {
    try {
      await client.createRule(toRule(wish))
      return
    } catch (error) {
      if (!(error instanceof TransientError)) throw error
      // The reply was lost: look before a second rule is made.
      await runtime.sleep(SETTLE_MS)
      if ((await ours()).length > 0) return
      if (sent < SENDS) continue
      throw new UnreachableError(error.message, {
        cause: error,
        effect: 'unknown',
        suggestions: ['Run the same command again: it looks for the rule first.'],
      })
    }
  }
}
