import {Liquid} from 'liquidjs'
import {McdError} from '../errors.ts'
import type {Quote} from './quote.ts'
import type {Template} from './template.ts'

/** Not there: they would make two renderings differ, or turn a document inside out. */
const WITHOUT = {
  filters: [
    'date',
    'date_to_xmlschema',
    'date_to_rfc822',
    'date_to_string',
    'date_to_long_string',
    'sample',
    'shuffle',
  ],
  tags: ['layout', 'block'],
}
const MEMORY_LIMIT = 10_000_000

/** Liquid for one template: strict, with nothing but its own partials to read, and with `quote` around every text it puts out. */
export function liquidFor({partials}: Template, quote: Quote): Liquid {
  const liquid = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    // `{% if vars.extra %}` and `| default:` are how a template asks for what may be absent.
    lenientIf: true,
    templates: {...partials},
    memoryLimit: MEMORY_LIMIT,
    outputEscape: value => quoteValue(value, quote),
  })
  for (const filter of WITHOUT.filters) delete liquid.filters[filter]
  for (const tag of WITHOUT.tags) delete liquid.tags[tag]
  return liquid
}

function quoteValue(value: unknown, quote: Quote): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined || value === null) return quote('')
  if (typeof value === 'string') return quote(value)
  throw new McdError('a list or a mapping cannot stand here', {
    suggestions: ['Take one value of it, or join it.'],
  })
}
