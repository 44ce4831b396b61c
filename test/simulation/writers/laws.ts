import {LawBroken} from '../../support/laws.ts'
import {NAME} from './machines.ts'
import type {Item, Picture} from './picture.ts'

/** What one of ours is about to do, as far as the laws read it. */
export type Operation = {
  readonly what: string
  /** Whether a change of this value is part of it. Whatever else changes with it is somebody's loss. */
  readonly isMeant: (item: Item) => boolean
  /** The zone at each of its calls, as the vendor had it when the call took effect. */
  readonly pictures: Picture[]
  /** The same for its readings, by the number of its call. */
  readonly readings: {readonly picture: Picture; readonly call: number}[]
  calls: number
  /** The number of its last call before it began to write. What it read until then is no reason to delete anything. */
  lookedUntil: number
  /** Whether a write of it was refused or got lost: the next one is another try. */
  hasFailed: boolean
}

export const operation = (what: string, isMeant: Operation['isMeant']): Operation => ({
  what,
  isMeant,
  pictures: [],
  readings: [],
  calls: 0,
  lookedUntil: 0,
  hasFailed: false,
})

/** An edit that came between the reading and the removal of a record: CloudFlare compares nothing (decision 17). */
export type Window = {readonly callsSinceRead: number}

/**
 * Compares the zone before and after one call of ours. Nothing foreign may differ, nothing of ours but what was meant, and what
 * is new must carry its mark at once. Returns the windows that somebody's edit fell into.
 */
export function judgeWrite(
  who: string,
  operation: Operation,
  before: Picture,
  after: Picture,
  {comparesNothing}: {comparesNothing: boolean},
): Window[] {
  const windows: Window[] = []
  const broken = (law: string, text: string) => new LawBroken(law, `${who}, ${operation.what}: ${text}`)
  for (const item of before.values()) {
    const now = after.get(item.key)
    if (now && now.bytes === item.bytes && now.owner === item.owner) continue
    const what = `${item.bytes} (${item.owner ?? 'foreign'}) became ${now ? `${now.bytes} (${now.owner ?? 'foreign'})` : 'nothing'}`
    if (item.owner !== undefined && operation.isMeant(item)) continue
    if (now && isReclaimed(item, now) && operation.isMeant(now)) continue
    // An entry whose value is gone is nobody's loss.
    if (!now && item.about && looseEntries(before).includes(item.key)) continue
    const reading = operation.readings.findLast(({picture, call}) => {
      const read = picture.get(item.key)
      return call > operation.lookedUntil && read?.owner !== undefined && operation.isMeant(read)
    })
    if (!comparesNothing || now || !reading)
      throw broken(item.owner === undefined ? 'nothing foreign is changed' : 'no update is lost', what)
    windows.push({callsSinceRead: operation.calls - reading.call - 1})
  }
  for (const item of after.values()) {
    if (before.has(item.key)) continue
    const what = `${item.bytes} came to stand there`
    if (item.owner === undefined) throw broken('what is made carries its mark', what)
    if (!operation.isMeant(item)) throw broken('nothing is made that was not meant', what)
  }
  const loose = looseEntries(after).filter(key => !looseEntries(before).includes(key))
  if (loose.length > 0) throw broken('a value and its companion agree', loose.join('\n'))
  return windows
}

/** An SRV value that lost its entry: where its target is the instance's own host name, it can be nobody else's. */
const isReclaimed = (item: Item, now: Item): boolean =>
  item.type === 'SRV' &&
  item.bytes === now.bytes &&
  item.value.endsWith(` ${now.owner?.split(' ')[1]}.${NAME}`)

/** Entries of companions that speak of values which do not stand there. */
function looseEntries(picture: Picture): string[] {
  const values = new Set([...picture.values()].map(({name, type, value}) => `${name} ${type} ${value}`))
  return [...picture.values()].flatMap(({about, key}) =>
    about && !values.has(`${about.name} ${about.type} ${about.value}`) ? [key] : [],
  )
}
