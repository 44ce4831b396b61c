import type {NameAnswers, NameStatus, ServerStatus} from '../fleet/status/report.ts'
import {shortIds} from './short-id.ts'
import {table} from './table.ts'
import {wrapped} from './wrapped.ts'

/**
 * One name: each address that its zone holds or that somebody answers, and how many answer it; then whoever answers otherwise.
 */
export function nameText(status: NameStatus, columns = Number.POSITIVE_INFINITY): string {
  const {provider, name, ttlSeconds, readable, records, answers, discovery} = status
  const settings = status.proxied
    ? "proxied (it answers with the vendor's own addresses)"
    : `TTL ${ttlSeconds} s`
  const head = `${name} in ${provider}, ${settings}`
  const heard = answers ? heardLines(answers, columns) : []
  if (!readable) return [`${head}: could not be read`, ...heard].join('\n')
  const rows = answers ? answeredRows(status, answers) : []
  const service = discovery ? [discoveryText(discovery)] : []
  if (records.length === 0 && rows.length === 0)
    return [`${head}: no addresses`, ...heard, ...service].join('\n')
  const lines = answers
    ? indented(table(headOf(answers), rows))
    : records.map(record => `  ${record.value.padEnd(16)} ${ownerText(record)}`)
  return [`${head}:`, ...lines, ...heard, ...service].join('\n')
}

const headOf = ({resolvers}: NameAnswers): string[] => [
  'ADDRESS',
  'INSTANCE',
  'IN ZONE',
  'SERVERS',
  ...(resolvers.length > 0 ? ['RESOLVERS'] : []),
]

/** What stands in the zone, in its order, then what is answered without standing there. */
function answeredRows({records}: NameStatus, {servers, resolvers}: NameAnswers): string[][] {
  const standing = new Set(records.map(({value}) => value))
  const answered = [...servers, ...resolvers].flatMap(each => (each.records ?? []).map(({value}) => value))
  const others = [...new Set(answered)].filter(value => !standing.has(value)).sort()
  const row = (value: string, owner: string, inZone: string) => [
    value,
    owner,
    inZone,
    countText(value, servers),
    ...(resolvers.length > 0 ? [countText(value, resolvers)] : []),
  ]
  return [
    ...records.map(record => row(record.value, shortIds(ownerText(record)), 'yes')),
    ...others.map(value => row(value, '', 'no')),
  ]
}

/** Of those that say anything. */
function countText(value: string, servers: readonly ServerStatus[]): string {
  const heard = servers.filter(({records}) => records)
  const telling = heard.filter(({records}) => records?.some(record => record.value === value))
  return heard.length === 0 ? 'silent' : `${telling.length} of ${heard.length}`
}

function heardLines({atOnce, servers, resolvers}: NameAnswers, columns: number): string[] {
  const all = [...servers, ...resolvers]
  const silent = all.filter(({records}) => !records).map(({server}) => server)
  const texts = [
    ...(atOnce === undefined ? [] : [`One answer holds ${atOnce} of them at most, other ones each time.`]),
    ...all.flatMap(({remark}) => (remark === undefined ? [] : `${remark}.`)),
    ...(silent.length > 0 ? [`No answer from ${silent.join(', ')}.`] : []),
  ]
  return texts.flatMap(text => wrapped(`  ${text}`, columns, 4))
}

const ownerText = ({owned, instance}: NameStatus['records'][number]): string =>
  owned ? (instance ?? '') : 'not ours'

function discoveryText({name, records}: NonNullable<NameStatus['discovery']>): string {
  const ours = records.filter(({owned}) => owned).length
  const others = records.length > ours ? `, and ${records.length - ours} that are not ours` : ''
  return `  ${name} leads to ${ours} of ours${others}`
}

const indented = (text: string): string[] => text.split('\n').map(line => `  ${line}`)
