import type {ChangeReceipt, DnsVendor, Member} from '../providers/dns.ts'
import {type JournalEvent, type Step, zoneKey} from './events.ts'
import type {Folding} from './folding.ts'
import type {LoweredTtl} from './recorded.ts'

type ChangeDns = Extract<Step, {kind: 'change-dns'}>
type TtlEvent = Extract<JournalEvent, {type: 'ttl-lowered' | 'ttl-served' | 'ttl-settled' | 'ttl-restored'}>

/** How far a lowered TTL has come. */
export function foldTtl({recorded, sent}: Folding, event: TtlEvent, atMs: number): void {
  const key = keyOf(event)
  const known = recorded.lowered.get(key)
  switch (event.type) {
    case 'ttl-lowered': {
      if (known?.ttlSeconds === event.ttlSeconds) break
      const {vendor, zone, name, ttlSeconds} = event
      const removed = [...sent].flatMap(([where, members]) =>
        where.startsWith(`${zoneKey(vendor, zone)} `) ? members : [],
      )
      const beforeSeconds = longest([recorded.longestTtlSeconds, ...removed.map(ttlOf)])
      recorded.lowered.set(key, {vendor, zone, name, ttlSeconds, beforeSeconds, sinceMs: atMs})
      break
    }
    case 'ttl-served':
      if (known) recorded.lowered.set(key, {...known, servedAtMs: atMs})
      break
    case 'ttl-settled':
      if (!known) break
      recorded.lowered.set(key, {...known, settledAtMs: atMs})
      forgetLonger(recorded, sent, known)
      break
    case 'ttl-restored':
      recorded.lowered.delete(key)
      break
    default:
      event satisfies never
  }
}

/** Nobody can remember anything under this name for longer than its TTL of now. */
function forgetLonger(
  recorded: Folding['recorded'],
  sent: Folding['sent'],
  {vendor, zone, name, ttlSeconds}: LoweredTtl,
): void {
  recorded.names = recorded.names.map(known =>
    known.vendor === vendor && known.zone === zone && known.name === name
      ? {...known, maxTtlSeconds: ttlSeconds}
      : known,
  )
  recorded.longestTtlSeconds = longest(recorded.names.map(({maxTtlSeconds}) => maxTtlSeconds))
  for (const [where, members] of sent) {
    if (!where.startsWith(`${zoneKey(vendor, zone)} `)) continue
    const left = members.filter(
      member => member.ttlSeconds <= ttlSeconds || (ownerOf(recorded, vendor, member) ?? name) !== name,
    )
    if (left.length > 0) sent.set(where, left)
    else sent.delete(where)
  }
}

/** The published name that a record belongs to: its own, or the nearest above it. SRV and PTR sets may have none. */
function ownerOf({names}: Folding['recorded'], vendor: DnsVendor, member: Member): string | undefined {
  return names
    .filter(known => known.vendor === vendor)
    .map(({name}) => name)
    .filter(name => member.name === name || member.name.endsWith(`.${name}`))
    .sort((a, b) => b.length - a.length)[0]
}

/** A longer TTL that comes or goes while the old ones are waited out is waited out, too: from the start. */
export function disturbTtl({lowered}: Folding['recorded'], {zone, change}: ChangeDns): void {
  const touched = [...change.create, ...change.remove].filter(({type}) => type !== 'TXT')
  for (const [key, known] of lowered) {
    if (zoneKey(known.vendor, known.zone) !== zone || known.settledAtMs !== undefined) continue
    const longer = touched.filter(member => member.ttlSeconds > known.ttlSeconds).map(ttlOf)
    if (longer.length > 0) lowered.set(key, startedAnew(known, longer))
  }
}

/** What stood under a name that is left may be remembered as everything else. */
export function leaveTtl(
  {names, lowered}: Folding['recorded'],
  left: Extract<JournalEvent, {type: 'name-left'}>,
): void {
  lowered.delete(keyOf(left))
  const ttls = names.filter(known => keyOf(known) === keyOf(left)).map(({maxTtlSeconds}) => maxTtlSeconds)
  for (const [key, known] of lowered)
    if (known.settledAtMs === undefined) lowered.set(key, startedAnew(known, ttls))
}

function startedAnew({servedAtMs: _, ...rest}: LoweredTtl, ttls: readonly number[]): LoweredTtl {
  return {...rest, beforeSeconds: longest([rest.beforeSeconds, ...ttls])}
}

/** By what the vendor may be asked whether its servers have the change. */
export function noteTtlChange(
  {lowered}: Folding['recorded'],
  {zone, change}: ChangeDns,
  receipt: ChangeReceipt | undefined,
  atMs: number,
): void {
  if (change.create.length === 0) return
  for (const [key, known] of lowered)
    if (zoneKey(known.vendor, known.zone) === zone && known.servedAtMs === undefined)
      lowered.set(key, {...known, changedAtMs: atMs, ...(receipt && {receipt})})
}

const keyOf = ({vendor, name}: {vendor: DnsVendor; name: string}): string => `${vendor}/${name}`

const ttlOf = ({ttlSeconds}: Member): number => ttlSeconds

const longest = (seconds: readonly number[]): number => seconds.reduce((max, each) => Math.max(max, each), 0)
