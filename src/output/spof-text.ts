import type {Component, SpofReport} from '../doctor/spof/component.ts'
import {table} from './table.ts'
import {wrapped} from './wrapped.ts'

/** The most that is named of something there is plenty of. */
const MOST_NAMED = 4

/** What the fleet has one of, with what its loss would mean; then what it has more of. */
export function spofText({fleet, dns, components}: SpofReport, columns?: number): string {
  const width = columns || Number.POSITIVE_INFINITY
  const singles = components.filter(({single}) => single)
  const others = components.filter(({single}) => !single)
  const one = singles.map(component => singleText(component, width)).join('\n\n')
  const more = plentyText(others, width)
  const summary =
    singles.length === 0
      ? 'Of nothing that was looked at there is only one.'
      : `${singles.length} ${singles.length === 1 ? 'component of which there is' : 'components of which there is'} one.`
  return [`Fleet ${fleet} (${dns})`, one, more, summary].filter(Boolean).join('\n\n')
}

function singleText(component: Component, columns: number): string {
  const {copies, single} = component
  const body = (text: string, indent: number) => wrapped(`  ${text}`, columns, indent)
  return [
    `One ${titleOf(component)}: ${copies[0]}`,
    ...body(single?.loss ?? '', 2),
    ...body(`→ ${single?.remedy}`, 4),
  ].join('\n')
}

/** Long names go on under one another, as in a table of lines. */
function plentyText(components: readonly Component[], columns: number): string {
  const rows = components.map(component => [titleOf(component), countOf(component)])
  const [head = '', ...lefts] = table(['MORE THAN ONE', ''], rows).split('\n')
  const at = Math.max(...lefts.map(left => left.length)) + 2
  const lines = components.flatMap((component, index) => {
    const [first = '', ...more] = wrapped(
      ' '.repeat(at) + (component.unknown ?? named(component)),
      columns,
      at,
    )
    return [(lefts[index] ?? '').padEnd(at) + first.slice(at), ...more]
  })
  return components.length === 0 ? '' : [head, ...lines].join('\n')
}

const titleOf = ({component, of}: Component): string =>
  of === undefined ? component : `${component} of ${of}`

const countOf = ({copies, unknown}: Component): string =>
  unknown === undefined ? String(copies.length) : copies.length === 0 ? '?' : `${copies.length} or more`

const named = ({copies}: Component): string =>
  copies.length > MOST_NAMED
    ? `${copies.slice(0, MOST_NAMED).join(', ')} and ${copies.length - MOST_NAMED} more`
    : copies.join(', ')
