import {choiceParameter, inOrder, numberParameter, type Page, paged} from './paging.ts'
import type {PlanLimits} from './plan.ts'
import type {CloudflareRecord} from './record.ts'
import {invalidQuery} from './refusals.ts'

type Filter = (record: CloudflareRecord) => boolean

const MAX_PER_PAGE = 5_000_000
const TYPES =
  'A AAAA CAA CERT CNAME DNSKEY DS HTTPS LOC MX NAPTR NS OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA TXT URI'.split(
    ' ',
  )
const ORDERS = ['type', 'name', 'content', 'ttl', 'proxied'] as const
const PAGING = [
  'page',
  'per_page',
  'order',
  'direction',
  'match',
  'tag_match',
  'search',
  'include_shadow_metadata',
]

const comparisons: Record<string, (value: string, wanted: string) => boolean> = {
  exact: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
}

/** Answers `GET /zones/:id/dns_records` from these records, oldest first unless ordered. Text filters ignore case. */
export function queryRecords(
  records: readonly CloudflareRecord[],
  params: URLSearchParams,
  plan: PlanLimits,
): Page<CloudflareRecord> {
  const filters = [...params]
    .filter(([key]) => !PAGING.includes(key))
    .map(([key, value]) => filter(key, value))
  const any = choiceParameter(params, 'match', ['all', 'any']) === 'any'
  choiceParameter(params, 'tag_match', ['all', 'any'])
  const matching = records.filter(
    record =>
      filters.length === 0 ||
      (any ? filters.some(fits => fits(record)) : filters.every(fits => fits(record))),
  )
  const search = params.get('search')?.toLowerCase()
  const found = search ? matching.filter(record => searchable(record).includes(search)) : matching
  const order = choiceParameter(params, 'order', ORDERS)
  const direction = choiceParameter(params, 'direction', ['asc', 'desc'])
  const ordered = order ? inOrder(found, record => sortKey(record[order]), direction) : found
  const perPage = numberParameter(params, 'per_page', 100, 1, MAX_PER_PAGE)
  return paged(
    ordered,
    numberParameter(params, 'page', 1, 1, Number.MAX_SAFE_INTEGER),
    Math.min(perPage, plan.recordsPerPage),
  )
}

function filter(key: string, value: string): Filter {
  const wanted = value.toLowerCase()
  const [field, comparison = 'exact'] = key.split('.')
  if (key === 'type') {
    if (!TYPES.includes(value)) throw invalidQuery(key, 'unknown record type')
    return record => record.type === value
  }
  if (key === 'proxied') {
    if (value !== 'true' && value !== 'false') throw invalidQuery(key, 'must be true or false')
    return record => String(record.proxied) === value
  }
  if (key === 'comment.present') return record => record.comment !== null
  if (key === 'comment.absent') return record => record.comment === null
  // No record of a zone without a tag quota has any.
  if (key === 'tag.absent') return () => true
  if (key === 'tag.present') return () => false
  const compare = comparisons[comparison]
  if (compare && field === 'tag') return () => false
  if (compare && (field === 'name' || field === 'content' || field === 'comment')) {
    return record => compare((record[field] ?? '').toLowerCase(), wanted)
  }
  throw invalidQuery(key, 'unknown parameter')
}

const sortKey = (value: string | number | boolean) =>
  typeof value === 'number' ? String(value).padStart(8, '0') : String(value)
const searchable = ({name, content, comment, type}: CloudflareRecord) =>
  `${name} ${content} ${comment ?? ''} ${type}`.toLowerCase()
