import type {Member} from '../providers/dns.ts'
import type {Step} from './events.ts'
import {foldEvent} from './fold.ts'
import {type Folding, startFold} from './folding.ts'
import type {Journal} from './journal.ts'
import type {Leaving, Left, Recorded} from './recorded.ts'

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

/**
 * JSON knows no maps: each field that is one becomes the list of its entries. `leaving` and `heldOut` alone hold maps in their
 * entries; a replacer, which would find them anywhere, takes several times as long over a long journal.
 */
export function encode({recorded, steps, sent}: Folding): string {
  const fields = Object.entries(recorded).map(([name, value]) => [
    name,
    value instanceof Map ? [...value] : value,
  ])
  return JSON.stringify({
    recorded: {
      ...Object.fromEntries(fields),
      leaving: flat(recorded.leaving),
      heldOut: flat(recorded.heldOut),
    },
    steps: [...steps],
    sent: [...sent],
  })
}

/**
 * Undefined where the text lacks what this fold keeps or has another form: it was written by other rules, whatever version
 * it names, and the events are there to be folded anew.
 */
export function decode(text: string): Folding | undefined {
  try {
    return rebuild(JSON.parse(text) as Encoded)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function rebuild({recorded, steps, sent}: Encoded): Folding | undefined {
  const fields: [string, unknown][] = []
  for (const [name, empty] of Object.entries(startFold().recorded)) {
    const value = recorded[name]
    if (value === undefined && empty !== undefined) return undefined
    fields.push([name, empty instanceof Map ? new Map(value as Entries) : value])
  }
  return {
    recorded: {
      ...(Object.fromEntries(fields) as Folding['recorded']),
      leaving: deep(recorded.leaving),
      heldOut: deep(recorded.heldOut),
    },
    steps: new Map(steps),
    sent: new Map(sent),
  }
}

const flat = (absent: ReadonlyMap<string, Leaving>): Absences =>
  [...absent].map(([id, {zones}]) => [id, {zones: [...zones]}])

const deep = (absences: Absences): Map<string, Leaving> =>
  new Map(absences.map(([id, {zones}]) => [id, {zones: new Map(zones)}]))

type Entries<T = unknown> = [string, T][]
type Absences = Entries<{zones: Entries<Left>}>
type Encoded = {
  readonly recorded: Readonly<Record<string, unknown>> & Record<'leaving' | 'heldOut', Absences>
  readonly steps: Entries<Step>
  readonly sent: Entries<Member[]>
}
