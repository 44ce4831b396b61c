import {markToEntry} from '../../mark.ts'
import type {Member, NameWish} from '../dns.ts'
import {isOurs} from './clashes.ts'

/** Sets of one name and type, where each has one member; and values of one set. Source: Route 53 Developer Guide, "Quotas". */
const MAX_SETS = 100
const MAX_VALUES = 400
/** What one batch carries; a simple set and its companion are written whole, as they were and as they become. */
const BATCH_MAX_VALUES = 1_000
const BATCH_MAX_CHARACTERS = 32_000

const IPV4_MAX = '255.255.255.255'
const IPV6_MAX = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
const FLEET_MAX_CHARACTERS = 24
const UUID_CHARACTERS = 36

/** Whether so many members fit under one name, by its routing. */
export function countProblems(wish: NameWish, existing: readonly Member[]): string[] {
  const {name, members, routing = 'multivalue'} = wish
  const foreign = existing.filter(
    member =>
      member.name === name && member.type === 'A' && member.routing === routing && !isOurs(wish, member),
  ).length
  const fits = routing === 'simple' ? simpleFits(wish, foreign) : MAX_SETS - foreign
  if (members <= fits) return []
  const beside = foreign > 0 ? ` beside ${foreign} foreign ones` : ''
  const ways = [
    'Lower the counts',
    ...(routing === 'multivalue' && members <= simpleFits(wish, foreign)
      ? ['set "routing: simple" in dns']
      : []),
    'or spread the fleet over several names',
  ].join(', ')
  const limit =
    routing === 'simple'
      ? `one change of Route53 carries ${fits} addresses of ours in a simple set`
      : `Route53 holds at most ${MAX_SETS} addresses under one name as ${routing === 'weighted' ? 'weighted records' : 'multivalue answers'}`
  return [`${name}: ${limit}, and ${members} are wanted${beside}. ${ways}.`]
}

/** How many of ours a simple set can have: each has an entry in the companion. */
function simpleFits({ipv6, fleet, idCharacters = UUID_CHARACTERS}: NameWish, foreign: number): number {
  const mark = {fleet: fleet ?? 'x'.repeat(FLEET_MAX_CHARACTERS), instance: 'x'.repeat(idCharacters)}
  const all = ipv6
    ? ([
        ['A', IPV4_MAX],
        ['AAAA', IPV6_MAX],
      ] as const)
    : ([['A', IPV4_MAX]] as const)
  const each = all.reduce(
    (sum, [type, value]) => sum + value.length + markToEntry(type, mark, value).length + QUOTES,
    0,
  )
  const theirs = foreign * all.reduce((sum, [, value]) => sum + value.length, 0)
  return Math.min(
    MAX_VALUES - foreign,
    // Twice for the set and twice for its companion.
    Math.floor((BATCH_MAX_VALUES - 2 * foreign * all.length) / (4 * all.length)),
    Math.floor((BATCH_MAX_CHARACTERS - 2 * theirs) / (2 * each)),
  )
}

const QUOTES = 2
