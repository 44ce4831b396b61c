import {DNS_CAPABILITIES} from '../../../providers/dns-capabilities.ts'
import type {DnsName} from '../../model.ts'

/** How many addresses of one kind one answer holds at most: all of them, or other ones each time. */
export function mostInOneAnswer({vendor, routing}: Pick<DnsName, 'vendor' | 'routing'>): number {
  if (routing === 'simple') return Number.POSITIVE_INFINITY
  return routing === 'weighted' ? 1 : DNS_CAPABILITIES[vendor].addressesAtOnce
}

/** What an answer holds that the zone does not, and what it should hold beside it. */
export function compareAnswer(
  name: Pick<DnsName, 'vendor' | 'routing'>,
  standing: ReadonlySet<string>,
  answered: ReadonlySet<string>,
): {readonly strangers: readonly string[]; readonly missing: readonly string[]} {
  const strangers = [...answered].filter(value => !standing.has(value))
  const missing = [...standing].filter(value => !answered.has(value))
  const isWhole = standing.size - missing.length >= Math.min(standing.size, mostInOneAnswer(name))
  return {strangers, missing: isWhole ? [] : missing}
}
