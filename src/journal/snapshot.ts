import type {Member} from '../providers/dns.ts'
import type {FrozenOrder, Step} from './events.ts'
import {foldEvent} from './fold.ts'
import {type Folding, startFold} from './folding.ts'
import type {Journal} from './journal.ts'
import type {Leaving, Left, Recorded, RecordedLaunch} from './recorded.ts'

/** Raise it when the fold keeps something else, or in another form: what an older one left is then folded anew from the events. */
export const FOLD_VERSION = 2

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
 * entries; a replacer, which would find them anywhere, takes several times as long over a long journal. What launches were made
 * of is most of it, and the same for all of a launch spec: it is written once, and named by its place in a list.
 */
export function encode({recorded, steps, sent}: Folding): string {
  const fields = Object.entries(recorded).map(([name, value]) => [
    name,
    value instanceof Map ? [...value] : value,
  ])
  const made = createShared()
  const launches = [...recorded.launches].map(([id, {order, ...launch}]) => {
    const {target, userdataSpec, ...own} = order
    return [
      id,
      {...launch, order: {...own, target: made.placeOf(target), userdataSpec: made.placeOf(userdataSpec)}},
    ]
  })
  return JSON.stringify({
    made: made.all,
    recorded: {
      ...Object.fromEntries(fields),
      launches,
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

function rebuild({made, recorded, steps, sent}: Encoded): Folding | undefined {
  const fields: [string, unknown][] = []
  for (const [name, empty] of Object.entries(startFold().recorded)) {
    const value = recorded[name]
    if (value === undefined && empty !== undefined) return undefined
    fields.push([name, empty instanceof Map ? new Map(value as Entries) : value])
  }
  return {
    recorded: {
      ...(Object.fromEntries(fields) as Folding['recorded']),
      launches: new Map(recorded.launches.map(([id, launch]) => [id, withWhatItIsMadeOf(launch, made)])),
      leaving: deep(recorded.leaving),
      heldOut: deep(recorded.heldOut),
    },
    steps: new Map(steps),
    sent: new Map(sent),
  }
}

/** Values by their place in a list; equal ones share it. */
function createShared(): {placeOf(value: unknown): number; readonly all: unknown[]} {
  const all: unknown[] = []
  /** Most are the very same object: they came out of one snapshot. */
  const ofValue = new Map<unknown, number>()
  const ofText = new Map<string | undefined, number>()
  return {
    all,
    placeOf(value) {
      const known = ofValue.get(value)
      if (known !== undefined) return known
      const text = JSON.stringify(value)
      const place = ofText.get(text) ?? all.push(value) - 1
      ofValue.set(value, place)
      ofText.set(text, place)
      return place
    },
  }
}

function withWhatItIsMadeOf({order, ...launch}: EncodedLaunch, made: readonly unknown[]): RecordedLaunch {
  const {target, userdataSpec, ...own} = order
  const spec = made[userdataSpec]
  return {
    ...launch,
    order: {
      ...own,
      target: made[target] as FrozenOrder['target'],
      // Journals of mcd 0.1 may not have it, and JSON writes that as null.
      ...(spec === null || spec === undefined ? {} : {userdataSpec: spec}),
    },
  }
}

const flat = (absent: ReadonlyMap<string, Leaving>): Absences =>
  [...absent].map(([id, {zones}]) => [id, {zones: [...zones]}])

const deep = (absences: Absences): Map<string, Leaving> =>
  new Map(absences.map(([id, {zones}]) => [id, {zones: new Map(zones)}]))

type Entries<T = unknown> = [string, T][]
type Absences = Entries<{zones: Entries<Left>}>
type EncodedLaunch = Omit<RecordedLaunch, 'order'> & {
  readonly order: Omit<FrozenOrder, 'target' | 'userdataSpec'> & {
    readonly target: number
    readonly userdataSpec: number
  }
}
type Encoded = {
  readonly made: readonly unknown[]
  readonly recorded: Readonly<Record<string, unknown>> & {
    readonly launches: Entries<EncodedLaunch>
  } & Record<'leaving' | 'heldOut', Absences>
  readonly steps: Entries<Step>
  readonly sent: Entries<Member[]>
}
