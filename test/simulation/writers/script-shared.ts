import {markFromEntry, markToEntry} from '../../../src/mark.ts'
import type {ChangeInput} from '../../../src/sandbox/world/route53/change-input.ts'
import type {RecordSet} from '../../../src/sandbox/world/route53/record-set.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {type Machine, TTL_SECONDS} from './machines.ts'
import {Never, NotNow} from './script.ts'
import {never, type Route53Calls} from './script-route53.ts'

const LOST_RACE = ['do not match the current values', 'was not found', 'already exists', 'cannot be created ']
/** Until its patience ends. */
const SWAPS = 40

export type SharedScript = {
  /** route53_swap: until the set holds this value for us and no other of ours, or none where it is ''. */
  swap(value: string): Promise<void>
  /** route53_wanted: the changes that would take, and what the set holds of ours and of what is wanted. */
  look(value: string): Promise<{changes: ChangeInput[]; held: string[]}>
}

/** dns/route53/shared.sh, call by call, for one type of sets. */
export function sharedScript(
  calls: Route53Calls,
  {fleet, id}: Machine,
  name: string,
  type: 'A' | 'SRV',
  pause: () => Promise<void>,
): SharedScript {
  const plain = (text: string) => text.replace(/\.$/, '').toLowerCase()
  const look = async (value: string) => {
    const {set, companion} = await read(calls, name, type)
    const before = set?.values ?? []
    const mine = new Set<string>()
    let [isEntered, isInherited, leaves] = [false, false, false]
    const entries = (companion?.values ?? []).filter(text => {
      const entry = markFromEntry(text.replaceAll('"', ''))
      if (entry?.type !== type) return true
      // What another fleet left behind without its value: that comes now, and is ours.
      if (entry.mark.fleet !== fleet)
        return entry.value !== value || before.some(standing => plain(standing) === value)
      if (entry.mark.instance !== id) {
        // An address that passed from another instance of the fleet to this one.
        isInherited ||= entry.value === value
        return entry.value !== value
      }
      mine.add(entry.value)
      if (entry.value === value) isEntered = true
      else if (before.length > 0) leaves = true
      return entry.value === value || before.length === 0
    })
    const values = before.filter(text => plain(text) === value || !mine.has(plain(text)))
    const isThere = values.some(text => plain(text) === value)
    const joins = value !== '' && !isThere
    if (joins) values.push(type === 'SRV' ? `${value}.` : value)
    if (value !== '' && !isEntered && (joins || isInherited))
      entries.push(`"${markToEntry(type, {fleet, instance: id}, value)}"`)
    return {
      changes: [
        ...exchange(name, type, set, values, leaves),
        ...exchange(`_mcd.${name}`, 'TXT', companion, entries, joins),
      ],
      held: before.map(plain).filter(text => text === value || mine.has(text)),
    }
  }
  return {
    look,
    async swap(value) {
      for (let round = 1; ; round++) {
        const {changes} = await look(value)
        if (changes.length === 0) return
        try {
          await calls.change(changes)
          return
        } catch (error) {
          if (!(error instanceof VendorError)) throw error
          if (!LOST_RACE.some(words => error.message.includes(words))) throw new Never()
          if (round === SWAPS) throw new NotNow()
        }
        await pause()
      }
    },
  }
}

/** One listing for both where few names lie between. */
async function read(calls: Route53Calls, name: string, type: string) {
  const sets = await calls.from(name, type, 100).catch(never)
  const at = (here: string, kind: string, among: readonly RecordSet[]) =>
    among.find(set => set.name === `${here}.` && set.type === kind)
  const companion =
    sets.length === 100 && !at(`_mcd.${name}`, 'TXT', sets)
      ? at(`_mcd.${name}`, 'TXT', await calls.from(`_mcd.${name}`, 'TXT', 1).catch(never))
      : at(`_mcd.${name}`, 'TXT', sets)
  const set = at(name, type, sets)
  if (set?.setIdentifier !== undefined || companion?.setIdentifier !== undefined) throw new Never()
  return {set, companion}
}

/** A value never comes without proof that its entry stands, and no entry goes without proof that its value does not. */
function exchange(
  name: string,
  type: string,
  before: RecordSet | undefined,
  values: readonly string[],
  isCompared: boolean,
): ChangeInput[] {
  const old = before?.values ?? []
  if (!isCompared && JSON.stringify(old) === JSON.stringify(values)) return []
  const set = {name: `${name}.`, type, ttlSeconds: before?.ttlSeconds ?? TTL_SECONDS}
  return [
    ...(old.length > 0 ? [{action: 'DELETE', recordSet: {...set, values: old}}] : []),
    ...(values.length > 0 ? [{action: 'CREATE', recordSet: {...set, values}}] : []),
  ]
}
