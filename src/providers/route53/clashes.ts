import {holdName, markFromEntry} from '../../mark.ts'
import type {Member, NameWish} from '../dns.ts'

/**
 * What stands under a name, or at its holds, and excludes what the wish would put there: sets of one name and type route all
 * in the same way. What is ours is no hindrance: it moves along. One sentence each.
 */
export function clashes(wish: NameWish, existing: readonly Member[]): string[] {
  const {name, routing = 'multivalue'} = wish
  const types: readonly Member['type'][] = wish.ipv6 ? ['A', 'AAAA'] : ['A']
  const strangers = existing.filter(member => !isOurs(wish, member))
  const found = [
    ...strangers.filter(
      each =>
        each.name === name &&
        (each.type === 'CNAME' || (types.includes(each.type) && each.routing !== routing)),
    ),
    ...strangers.filter(
      each => each.name === holdName(name) && (each.type === 'CNAME' || isOtherHold(each, routing)),
    ),
  ]
  const sets = new Map(found.map(member => [`${member.name} ${member.type}`, member]))
  return [...[...sets.values()].map(member => clashText(wish, member)), ...otherTtl(wish, strangers)]
}

/** Holds of simple names stand in one set, those of others in sets of their own. */
const isOtherHold = ({type, routing}: Member, of: NameWish['routing']): boolean =>
  type === 'TXT' && routing !== (of === 'simple' ? 'simple' : 'multivalue')

/** By its mark; what the companion of a simple set says of ours is ours, too. */
export const isOurs = ({fleet}: NameWish, {type, value, mark}: Member): boolean => {
  const owner = mark ?? (type === 'TXT' ? markFromEntry(value)?.mark : undefined)
  return owner !== undefined && (fleet === undefined || owner.fleet === fleet)
}

function clashText(
  {name, routing: wanted = 'multivalue'}: NameWish,
  {name: at, type, routing, value}: Member,
): string {
  if (type === 'CNAME')
    return `${at} is a CNAME for ${value}: no other record can stand beside it. Remove it, or choose another name.`
  const kind = routing === 'other' ? 'differently routed' : (routing ?? 'simple')
  const why = `${at} has a ${kind} ${type} record set that is not this fleet's (${value}): Route53 allows no ${WORDS[wanted]} beside it.`
  // What would go there with that routing shares the set or stands beside it.
  const joins = routing === 'other' || (at !== name && routing === 'weighted') ? undefined : routing
  return joins === undefined || joins === 'single'
    ? `${why} Remove it, or choose another name.`
    : `${why} Set "routing: ${joins}" in dns, remove it, or choose another name.`
}

const WORDS = {
  multivalue: 'multivalue answers',
  simple: 'simple record set',
  weighted: 'weighted records',
} as const

/** Source: Route 53 Developer Guide, "Values specific for weighted records": all of one name and type have one TTL. */
function otherTtl({name, routing, ttlSeconds}: NameWish, strangers: readonly Member[]): string[] {
  const other = strangers.find(
    each =>
      routing === 'weighted' &&
      each.routing === 'weighted' &&
      each.name === name &&
      each.type === 'A' &&
      each.ttlSeconds !== ttlSeconds,
  )
  return other
    ? [
        `${name} has weighted records that are not this fleet's with a TTL of ${other.ttlSeconds} s (${other.value}), and all of them must have one. Set "ttl: ${other.ttlSeconds}s".`,
      ]
    : []
}
