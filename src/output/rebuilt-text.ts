import type {Rebuilt} from '../fleet/rebuild.ts'
import {shortIds} from './short-id.ts'
import {listText} from './step-text.ts'
import {table} from './table.ts'

/** What stands in the clouds and zones by the marks of this fleet. */
export function rebuiltText(fleet: string, {places, names, strangers}: Rebuilt): string {
  const perPlace = places.map(({place, account, instances}) => [
    place,
    shortIds(account),
    groupsText(instances.map(({mark}) => mark.group)) || 'none',
  ])
  const perName = names.map(({vendor, name, records, maxTtlSeconds}) => [
    name,
    vendor,
    String(records),
    `${maxTtlSeconds} s`,
  ])
  const others =
    strangers.length > 0
      ? `! ${strangers.length} under the fleet name ${fleet} ${strangers.length === 1 ? 'belongs' : 'belong'} to another DNS name and ${strangers.length === 1 ? 'is' : 'are'} left alone: ${listText(strangers.map(({id, mark}) => `${id} (${mark.dns})`))}`
      : ''
  return [
    `Found of fleet ${fleet}:`,
    table(['PLACE', 'ACCOUNT', 'INSTANCES'], perPlace),
    table(['NAME', 'VENDOR', 'RECORDS', 'LONGEST TTL'], perName),
    shortIds(others),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** `virginia 2, east 1` */
function groupsText(groups: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1)
  return [...counts].map(([group, count]) => `${group} ${count}`).join(', ')
}
