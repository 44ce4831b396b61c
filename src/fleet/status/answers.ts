import {zoneKey} from '../../journal/events.ts'
import type {DnsName, Fleet} from '../model.ts'
import {nameKey, type Observed} from '../observed.ts'
import type {ServerAnswer} from '../outside.ts'
import {compareAnswer, mostInOneAnswer} from '../plan/dns/one-answer.ts'
import type {Heard, HeardName} from './hear.ts'
import {type Removal, removalKey} from './removals.ts'
import type {Difference, NameAnswers, ServerStatus} from './report.ts'

/** What is answered about each name beside what its zone holds, and what of that is not as it should be. */
export type Judged = {
  /** By name key. */
  readonly answers: ReadonlyMap<string, NameAnswers>
  readonly differences: readonly Difference[]
}

/** A resolver may have asked a moment after the vendor took a removal, and counts the TTL from then. */
const SERVED_WITHIN_MS = 60_000
/** Nothing makes such a resolver forget. */
const KEEP_CLIENTS = 'with "drain: {quiet: true}" in the fleet file, instances end only when nobody uses them'

/** Pure. Where a name could not be read nobody knows what should be answered: then nothing is judged. */
export function judgeAnswers(
  {names}: Fleet,
  observed: Observed,
  heard: Heard,
  removals: ReadonlyMap<string, Removal>,
): Judged {
  const answers = new Map<string, NameAnswers>()
  const differences: Difference[] = []
  for (const name of names) {
    const key = nameKey(name.vendor, name.name)
    const of = heard.get(key)
    if (!of) continue
    const standing = standingAt(observed, name)
    const judge = standing && judgeName({name, standing, observed, heard: of, removals})
    const look = (kind: 'servers' | 'resolvers') =>
      of[kind].map((said): ServerStatus => {
        const remark = judge?.[kind](said)
        if (remark?.difference) differences.push({...remark.difference, text: remark.text})
        return {...said, ...(remark && {remark: remark.text})}
      })
    const atOnce = mostInOneAnswer(name)
    answers.set(key, {
      ...(standing && standing.size > atOnce && {atOnce}),
      servers: look('servers'),
      resolvers: look('resolvers'),
    })
  }
  return {answers, differences}
}

/** Whether some server answers with what its zone does not hold: only then is it worth to look for when that was removed. */
export const anybodyRemembers = ({names}: Fleet, observed: Observed, heard: Heard): boolean =>
  names.some(name => {
    const of = heard.get(nameKey(name.vendor, name.name))
    const standing = standingAt(observed, name)
    return (
      of !== undefined &&
      standing !== undefined &&
      [...of.servers, ...of.resolvers].some(
        ({records = []}) => compareAnswer(name, standing, valuesOf(records)).strangers.length > 0,
      )
    )
  })

type Remark = {readonly text: string; readonly difference?: Omit<Difference, 'text'>}
type Judge = Readonly<Record<'servers' | 'resolvers', (said: ServerAnswer) => Remark | undefined>>

function judgeName({
  name: of,
  standing,
  observed: {atMs, zones},
  heard: {servers, delegations},
  removals,
}: {
  name: DnsName
  standing: ReadonlySet<string>
  observed: Observed
  heard: HeardName
  removals: ReadonlyMap<string, Removal>
}): Judge {
  const {vendor, zone, name} = of
  const nameServers = (zones.get(zoneKey(vendor, zone))?.nameServers ?? []).map(bareName)
  const removalOf = (value: string) => removals.get(removalKey(zoneKey(vendor, zone), name, value))
  const removed = (value: string) => {
    const removal = removalOf(value)
    return removal
      ? `${value}, which run ${removal.run.slice(0, 8)} removed ${agoText(atMs - removal.atMs)} ago`
      : `${value}, which the zone does not hold`
  }
  const untilOf = (records: Records, values: readonly string[]) =>
    atMs + 1_000 * Math.max(0, ...records.filter(({value}) => values.includes(value)).map(ttlOf))

  return {
    servers({server, records}) {
      if (!records) return undefined
      const {strangers, missing} = compareAnswer(of, standing, valuesOf(records))
      if (strangers.length + missing.length === 0) return undefined
      const still =
        strangers.length > 0
          ? `still answers ${strangers.map(removed).join(', and ')}: resolvers may hold it until ${timeText(untilOf(records, strangers))}`
          : undefined
      const lacks = missing.length > 0 ? `does not answer ${missing.join(', ')} yet` : undefined
      return {
        text: `${server} ${[still, lacks].filter(Boolean).join('; it ')}`,
        difference: {kind: 'lagging-server', name, server, fix: 'mcd status --watch'},
      }
    },

    resolvers({server, records}) {
      const delegation = delegations.find(each => each.server === server)
      const led = delegation?.records?.map(({value}) => bareName(value))
      const isLedHere = led?.some(value => nameServers.includes(value)) ?? true
      const isStranded = delegation?.error === 'SERVFAIL' && !records
      if ((isStranded || !isLedHere) && nameServers.length > 0)
        return {
          text: isStranded
            ? `${server} finds nobody who answers for ${zone} (SERVFAIL): it is led to servers that do not serve it, or by a DS record that does not fit`
            : led?.length === 0
              ? `${server} finds no name servers for ${zone}: nobody is led to this zone`
              : `${server} is led to ${led?.join(', ')} for ${zone}, and not to this zone`,
          difference: {
            kind: 'delegated-elsewhere',
            name,
            server,
            fix: `name these servers for ${zone} at its registrar, or in the zone above it: ${nameServers.join(', ')}`,
          },
        }
      if (!records) return undefined
      const {strangers, missing} = compareAnswer(of, standing, valuesOf(records))
      // What the zone's own servers still answer is theirs to be blamed for.
      const old = strangers.filter(
        value => !servers.some(({records: told = []}) => told.some(each => each.value === value)),
      )
      const overdue = old.filter(isOverdue)
      if (overdue.length > 0) {
        const text = `${server} answers ${overdue.map(removed).join(', and ')}: by its TTL it should have forgotten that`
        return {text, difference: {kind: 'stale-resolver', name, server, fix: KEEP_CLIENTS}}
      }
      if (old.length > 0)
        return {
          text: `${server} may hold ${old.map(removed).join(', and ')}, until ${timeText(untilOf(records, old))}`,
        }
      if (missing.length === 0) return undefined
      const until = untilOf(records, [...valuesOf(records)])
      return {
        text:
          records.length > 0
            ? `${server} does not answer ${missing.join(', ')} yet, until ${timeText(until)} at the latest`
            : `${server} answers nothing yet: it may remember for a while that nothing was there`,
      }
    },
  }

  /** When mcd did not remove it, nobody knows when it was, nor with which TTL. */
  function isOverdue(value: string): boolean {
    const removal = removalOf(value)
    return removal !== undefined && atMs > removal.atMs + removal.ttlSeconds * 1_000 + SERVED_WITHIN_MS
  }
}

type Records = NonNullable<ServerAnswer['records']>

const ttlOf = ({ttlSeconds}: Records[number]): number => ttlSeconds
const valuesOf = (records: Records): Set<string> => new Set(records.map(({value}) => value))

/** The addresses under a name; undefined where it could not be read, or holds an alias: that is answered by what it leads to. */
function standingAt(observed: Observed, {vendor, name}: DnsName): ReadonlySet<string> | undefined {
  const seen = observed.names.get(nameKey(vendor, name))
  if (!seen?.readable || seen.members.some(({type}) => type === 'CNAME')) return undefined
  return new Set(seen.members.filter(({type}) => type === 'A' || type === 'AAAA').map(({value}) => value))
}

const bareName = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** `12:00:41 UTC` */
const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`

/** `12 s`, `5 min`, `3 h` */
function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}
