import type {Member, NameWish} from '../dns.ts'
import {clashes} from './clashes.ts'
import {countProblems} from './counts.ts'

/** Source: Route 53 API Reference, "ResourceRecordSet". */
const MIN_TTL_SECONDS = 0
const MAX_TTL_SECONDS = 2_147_483_647

/** What Route53 would refuse, one sentence each. */
export function refusals(wish: NameWish, existing: readonly Member[]): string[] {
  return [
    ...ttlProblems(wish),
    ...countProblems(wish, existing),
    ...proxyProblems(wish),
    ...clashes(wish, existing),
    ...sharedProblems(wish, existing),
  ]
}

/**
 * The SRV set and its companion are written whole by each batch, as they were and as they become: no batch carries more than
 * 1,000 values or 32,000 characters. Source: Route 53 Developer Guide, "Quotas".
 */
const BATCH_MAX_VALUES = 1_000
const BATCH_MAX_CHARACTERS = 32_000

function sharedProblems({discovery, members, fleet}: NameWish, existing: readonly Member[]): string[] {
  if (!discovery) return []
  const {name, valueCharacters, members: wanted = members} = discovery
  const set = existing.filter(member => member.name === name && member.type === 'SRV')
  const others = set.filter(({mark}) => !mark || (fleet !== undefined && mark.fleet !== fleet)).length
  // An entry says whose the value is, and repeats it: `"srv <24> <36> <value>"`.
  const entryCharacters = valueCharacters + 68
  const fits = Math.floor(
    Math.min(BATCH_MAX_VALUES / 4, BATCH_MAX_CHARACTERS / (2 * (valueCharacters + entryCharacters))),
  )
  const alias = existing.find(member => member.name === name && member.type === 'CNAME')
  return [
    ...(wanted + others > fits
      ? [
          `${name}: one change of Route53 carries an SRV set of ${fits} values here, and ${wanted} ${wanted === 1 ? 'is' : 'are'} wanted${others > 0 ? ` beside ${others} of others` : ''}. Lower the counts, or spread them over several instances of the service.`,
        ]
      : []),
    ...(alias ? [`${name} is a CNAME for ${alias.value}: no SRV values can stand beside it.`] : []),
  ]
}

function ttlProblems({name, ttlSeconds}: NameWish): string[] {
  if (ttlSeconds >= MIN_TTL_SECONDS && ttlSeconds <= MAX_TTL_SECONDS) return []
  return [
    `${name}: Route53 takes a TTL from ${MIN_TTL_SECONDS} to ${MAX_TTL_SECONDS} s, not ${ttlSeconds} s.`,
  ]
}

function proxyProblems({name, proxied}: NameWish): string[] {
  return proxied ? [`${name}: Route53 does not proxy. Remove "proxied: true", or use CloudFlare.`] : []
}
