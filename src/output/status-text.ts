import type {FleetStatus, NameStatus} from '../fleet/status.ts'

/** Status as people read it: groups, instances, DNS, then each difference with what mends it. */
export function statusText(status: FleetStatus): string {
  const groups = table(
    ['GROUP', 'PLACE', 'WANTED', 'LIVE', ''],
    status.groups.map(({name, provider, region, desired, live, reachable}) => [
      name,
      `${provider} ${region}`,
      String(desired),
      reachable ? String(live) : '?',
      reachable ? '' : 'not reachable',
    ]),
  )
  const instances = table(
    ['INSTANCE', 'GROUP', 'ZONE', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS'],
    status.instances.map(({id, group, zone, state, health, publicIp, privateIp, inDns}) => [
      id,
      group,
      zone ?? '',
      state,
      health,
      publicIp ?? privateIp ?? '',
      inDns ? 'yes' : 'no',
    ]),
  )
  const verdict = status.converged
    ? [`Fleet ${status.fleet} is as declared.`]
    : [`Fleet ${status.fleet} differs:`, ...status.differences.map(({text, fix}) => `  ${text}  → ${fix}`)]
  return [groups, instances, ...status.names.map(nameText), verdict.join('\n')].filter(Boolean).join('\n\n')
}

function nameText({provider, name, ttlSeconds, readable, records}: NameStatus): string {
  const head = `${name} in ${provider}, TTL ${ttlSeconds} s`
  if (!readable) return `${head}: could not be read`
  if (records.length === 0) return `${head}: no addresses`
  return [
    `${head}:`,
    ...records.map(
      ({value, instance, owned}) => `  ${value.padEnd(16)} ${owned ? (instance ?? '') : 'not ours'}`,
    ),
  ].join('\n')
}

/** Columns as wide as their widest cell; empty for no rows. */
function table(head: string[], rows: string[][]): string {
  if (rows.length === 0) return ''
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
