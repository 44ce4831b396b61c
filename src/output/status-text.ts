import type {FleetStatus} from '../fleet/status/report.ts'
import {nameText} from './name-text.ts'
import {shortIds} from './short-id.ts'
import {table} from './table.ts'
import {wrappedLines} from './wrapped.ts'

/** What a terminal that is too narrow for all columns does without, in this order. */
const DISPENSABLE = ['NAME', 'ZONE']

/**
 * Status as people read it: groups, instances, DNS, then each difference with what mends it. `columns` is the width of the
 * terminal; without one nothing is left out. `goal` is what a fleet without differences is.
 */
export function statusText(status: FleetStatus, columns?: number, goal = 'as declared'): string {
  const words = [holderLine(status), verdict(status, goal), remarks(status)].filter(Boolean).join('\n\n')
  return shortIds([fleetTables(status, columns), wrappedLines(shortIds(words), columns)].join('\n\n'))
}

/** The state of things, without a verdict: after a down, wanting is no measure. */
export function endedText(status: FleetStatus, columns?: number): string {
  const left =
    status.instances.length > 0 || status.names.some(({records}) => records.some(({owned}) => owned))
  return left ? shortIds(fleetTables(status, columns)) : `Nothing is left of fleet ${status.fleet}.`
}

/** Groups, instances and names, one table under the other. */
export function fleetTables(status: FleetStatus, columns = Number.POSITIVE_INFINITY): string {
  const groups = table(
    ['GROUP', 'PLACE', 'WANTED', 'LIVE', ''],
    status.groups.map(({name, provider, region, desired, live, reachable}) => [
      name,
      `${provider} ${region}`,
      String(desired),
      live === null ? '?' : String(live),
      reachable ? '' : 'not reachable',
    ]),
  )
  const instances = narrowed(
    ['INSTANCE', 'NAME', 'GROUP', 'ZONE', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS'],
    status.instances.map(
      ({id, name, group, zone, state, health, publicIp, publicIpv6, privateIp, servedAt, inDns}) => [
        shortIds(id),
        name ?? '',
        group,
        zone ?? '',
        state,
        health,
        `${publicIp ?? publicIpv6 ?? privateIp ?? ''}${servedAt === undefined ? '' : ` (at ${servedAt})`}`,
        inDns ? 'yes' : 'no',
      ],
    ),
    columns,
  )
  return [groups, instances, ...status.names.map(name => nameText(name, columns))]
    .filter(Boolean)
    .join('\n\n')
}

/** Who is at it, or was: what differs may be on its way, or wait for somebody to go on. */
export function holderLine({holder}: FleetStatus): string {
  if (!holder) return ''
  const {command, user, host, pid, startedAt, state} = holder
  const who = `"mcd ${command}" by ${user} on ${host} (process ${pid}), since ${startedAt}`
  if (state === 'works') return `A run works on this fleet: ${who}.`
  return state === 'stopped'
    ? `A run was stopped before its end: ${who}. Run the same command again: it goes on from there.`
    : `A run works on this fleet, or was stopped: ${who}.`
}

function verdict({fleet, converged, differences}: FleetStatus, goal: string): string {
  if (converged) return `Fleet ${fleet} is ${goal}.`
  return [`Fleet ${fleet} differs:`, ...differences.map(({text, fix}) => `  ${text}  → ${fix}`)].join('\n')
}

const remarks = ({remarks: texts}: FleetStatus): string => texts.map(text => `! ${text}`).join('\n')

/** A table that fits the terminal where leaving out what can be spared makes it fit. */
function narrowed(head: string[], rows: string[][], columns: number): string {
  const text = table(head, rows)
  const spared = head.indexOf(DISPENSABLE.find(name => head.includes(name)) ?? '')
  if (spared < 0 || text.split('\n').every(line => line.length <= columns)) return text
  const without = (row: string[]) => row.toSpliced(spared, 1)
  return narrowed(without(head), rows.map(without), columns)
}
