import {markFromEntry, markToEntry} from '../../../src/mark.ts'
import type {ChangeInput} from '../../../src/sandbox/world/route53/change-input.ts'
import type {RecordSet} from '../../../src/sandbox/world/route53/record-set.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {type Machine, PORT, SERVICE, TTL_SECONDS} from './machines.ts'
import {Never, NotNow, type ServiceScript, type VendorScript} from './script.ts'
import {never, type Route53Calls} from './script-route53.ts'

const LOST_RACE = ['do not match the current values', 'was not found', 'already exists']
/** Until its patience ends. */
const SWAPS = 40

/** discovery/discovery.sh with discovery/route53.sh, call by call. */
export function serviceScript(
  calls: Route53Calls,
  vendor: VendorScript,
  {fleet, id}: Machine,
  name: string,
  pause: () => Promise<void>,
): ServiceScript {
  const host = `${id}.${name}`
  const own = `0 0 ${PORT} ${host}`

  /** route53_read */
  const read = async (at: string, type: string): Promise<RecordSet | undefined> => {
    const [set] = await calls.sets(at, type, '', 1).catch(never)
    if (set?.setIdentifier !== undefined) throw new Never()
    return set
  }

  /** route53_wanted: what makes of the sets as they stand now those that are wanted. */
  const wanted = async (value: string): Promise<ChangeInput[]> => {
    const companion = await read(`_mcd.${SERVICE}`, 'TXT')
    const set = await read(SERVICE, 'SRV')
    const mine = new Set<string>()
    let isEntered = false
    const entries = (companion?.values ?? []).filter(text => {
      const entry = markFromEntry(text.replaceAll('"', ''))
      if (entry?.type !== 'SRV' || entry.mark.fleet !== fleet || entry.mark.instance !== id) return true
      mine.add(entry.value)
      if (entry.value !== value) return false
      isEntered = true
      return true
    })
    const plain = (text: string) => text.replace(/\.$/, '').toLowerCase()
    const values = (set?.values ?? []).filter(text => plain(text) === value || !mine.has(plain(text)))
    if (value !== '' && !values.some(text => plain(text) === value)) {
      values.push(`${value}.`)
      if (!isEntered) entries.push(`"${markToEntry('SRV', {fleet, instance: id}, value)}"`)
    }
    const isSame = isUntouched(set, values) && isUntouched(companion, entries)
    if (isSame || (!set && values.length === 0)) return []
    return [
      ...exchange(SERVICE, 'SRV', set, values),
      ...exchange(`_mcd.${SERVICE}`, 'TXT', companion, entries),
    ]
  }

  /** route53_swap */
  const swap = async (value: string): Promise<void> => {
    for (let round = 1; ; round++) {
      const changes = await wanted(value)
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
  }

  const join = async (address: string) => {
    await vendor.create(host, address)
    await swap(own)
  }
  return {
    join,
    async rejoin(address, mayEnter) {
      const isThere = (await vendor.own(host)).some(each => each.address === address)
      if (isThere && (await wanted(own)).length === 0) return
      if (await mayEnter()) await join(address)
    },
    async leave(entered) {
      const failure = await swap('').then(
        () => undefined,
        (error: unknown) => ({error}),
      )
      await vendor.remove(host, entered)
      if (failure) throw failure.error
    },
  }
}

/** no-discovery.sh */
export const noService: ServiceScript = {
  join: async () => {},
  rejoin: async () => {},
  leave: async () => {},
}

const isUntouched = (before: RecordSet | undefined, values: readonly string[]): boolean =>
  JSON.stringify(before?.values ?? []) === JSON.stringify(values)

/** route53_exchange */
function exchange(
  name: string,
  type: string,
  before: RecordSet | undefined,
  values: readonly string[],
): ChangeInput[] {
  const old = before?.values ?? []
  const set = {name: `${name}.`, type, ttlSeconds: before?.ttlSeconds ?? TTL_SECONDS}
  return [
    ...(old.length > 0 ? [{action: 'DELETE', recordSet: {...set, values: old}}] : []),
    ...(values.length > 0 ? [{action: 'CREATE', recordSet: {...set, values}}] : []),
  ]
}
