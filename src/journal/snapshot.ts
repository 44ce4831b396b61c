import {type Folding, foldEvent, type Recorded, startFold} from './fold.ts'
import type {Journal} from './journal.ts'

/** Raise it when the fold keeps something else, or in another form: what an older one left is then folded anew from the events. */
export const FOLD_VERSION = 1

/** The fold over a journal, from its newest snapshot on. */
export async function openFold(journal: Journal): Promise<Folding> {
  const snapshot = await journal.loadSnapshot(FOLD_VERSION)
  const folding = (snapshot && decode(snapshot.state)) ?? startFold()
  for (const event of await journal.read(folding.recorded.nextSequence - 1)) foldEvent(folding, event)
  return folding
}

/** What the journal says, for who only reads. */
export const readRecorded = async (journal: Journal): Promise<Recorded> => (await openFold(journal)).recorded

export async function saveFold(journal: Journal, folding: Folding): Promise<void> {
  const sequence = folding.recorded.nextSequence - 1
  await journal.saveSnapshot({fold: FOLD_VERSION, sequence, state: encode(folding)})
}

/** JSON knows no maps: each array says in its first place whether it is one. */
export const encode = (folding: Folding): string =>
  JSON.stringify(folding, (_, value: unknown) =>
    value instanceof Map ? ['map', ...value] : Array.isArray(value) ? ['list', ...value] : value,
  )

/** Undefined where the text lacks what this fold keeps: it was written before that, whatever version it names. */
export function decode(text: string): Folding | undefined {
  const folding = JSON.parse(text, (_, value: unknown) => {
    if (!Array.isArray(value)) return value
    const [form, ...items] = value
    return form === 'map' ? new Map(items as [unknown, unknown][]) : items
  }) as Folding
  const empty = startFold()
  const isWhole = Object.entries(empty.recorded).every(
    ([name, value]) => value === undefined || name in folding.recorded,
  )
  return isWhole ? {...empty, ...folding, recorded: {...empty.recorded, ...folding.recorded}} : undefined
}
