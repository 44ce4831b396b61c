import {Liquid, LiquidError} from 'liquidjs'
import {McdError} from '../errors.ts'
import type {Fleet, Group, Scalar} from '../fleet/model.ts'
import {nearest} from '../nearest.ts'
import {conceal, Secret} from '../secret.ts'
import {misplacedInShell, misplacedInYaml, shellMarker, yamlMarker} from './placement.ts'
import {quoteShell, quoteYaml} from './quote.ts'
import {kindOf, type Template, type TemplateKind} from './template.ts'

/** What templates may say between double braces; templates/userdata/README.md lists it for people. */
export type TemplateValues = {
  readonly vars: Readonly<Record<string, Scalar | Secret>>
  readonly fleet: {readonly name: string; readonly dns: string}
  readonly group: {readonly name: string; readonly provider: string; readonly region: string}
  readonly service: {
    readonly port: number
    readonly health: {
      readonly path: string
      readonly interval: number
      readonly timeout: number
      readonly healthy: number
      readonly unhealthy: number
    }
  }
}

/** Durations are in seconds here; `group.region` is empty where the cloud has no regions. */
export function templateValues({name, dns, service, userdata}: Fleet, group: Group): TemplateValues {
  const {path, intervalMs, timeoutMs, healthy, unhealthy} = service.health
  return {
    vars: userdata.vars,
    fleet: {name, dns},
    group: {name: group.name, provider: group.place.provider, region: group.place.region ?? ''},
    service: {
      port: service.port,
      health: {path, interval: intervalMs / 1_000, timeout: timeoutMs / 1_000, healthy, unhealthy},
    },
  }
}

/** What stands for a secret: its value in what is sent, `***` in what is shown, its origin in hashes. */
export type Unveil = (secret: Secret) => string
export const reveal: Unveil = secret => secret.reveal()
export const mask: Unveil = secret => secret.toString()
export const origin: Unveil = secret => `secret from ${secret.origin}`

const QUOTES = {'cloud-config': quoteYaml, shell: quoteShell}
const MARKERS = {'cloud-config': yamlMarker, shell: shellMarker}

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

/**
 * Fills the values into a template. Every value is quoted for the kind of document, unless `raw` is its last filter.
 * Throws McdError as `template:line:column` with the nearest right spelling, and when a value stands where quoting cannot
 * protect it.
 */
export function fillTemplate(template: Template, values: TemplateValues, unveil: Unveil): string {
  refuseStrangeCharacters(template, values)
  const scope = {...values, vars: openVars(values.vars, unveil)}
  try {
    refuseMisplaced(template, scope)
    const filled = run(template, scope, QUOTES[template.kind])
    // cloud-init tells by the first line alone what it is given.
    if (kindOf(filled) !== template.kind)
      throw new McdError(
        `userdata.template ${template.name}: its first line does not stay one of its own: a "-" inside a tag's braces takes away line breaks.`,
        {suggestions: ['Leave the "-" away in the tag that ends right before what follows the first line.']},
      )
    return filled
  } catch (error) {
    // A line that is shown may hold what `raw` put there.
    if (error instanceof McdError) error.message = conceal(error.message, Object.values(values.vars))
    throw error
  }
}

type Scope = Omit<TemplateValues, 'vars'> & {readonly vars: Readonly<Record<string, Scalar>>}

function openVars(vars: TemplateValues['vars'], unveil: Unveil): Record<string, Scalar> {
  return Object.fromEntries(
    Object.entries(vars).map(([name, value]) => [name, value instanceof Secret ? unveil(value) : value]),
  )
}

function run(template: Template, scope: Scope, quote: (text: string) => string): string {
  try {
    // Globals reach into what `render` renders, which sees nothing else.
    return engine(template, quote).parseAndRenderSync(template.text, scope, {globals: scope})
  } catch (error) {
    if (!(error instanceof LiquidError)) throw error
    throw explain(template, error, scope)
  }
}

/** Liquid with nothing but the template's own partials to read. */
function engine({partials}: Template, quote: (text: string) => string): Liquid {
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

function quoteValue(value: unknown, quote: (text: string) => string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined || value === null) return quote('')
  if (typeof value === 'string') return quote(value)
  throw new McdError('a list or a mapping cannot stand here', {
    suggestions: ['Take one value of it, or join it.'],
  })
}

function explain(template: Template, error: LiquidError, scope: Scope): McdError {
  const [line, column] = error.token.getPosition()
  const {why, meant, hint} = reasonOf(template, error.message, scope)
  const suggestions = meant ? [`Did you mean "${meant}"?`] : hint ? [hint] : []
  return new McdError(`userdata.template ${placeIn(template, error.token.input)}:${line}:${column}: ${why}`, {
    suggestions,
  })
}

/** `nginx`, or `nginx (page.liquid)` where the text at hand is a partial's. */
function placeIn({name, text, partials}: Template, input: string): string {
  const [partial] = Object.entries(partials).find(([, own]) => own === input && own !== text) ?? []
  return partial === undefined ? name : `${name} (${partial}.liquid)`
}

function reasonOf(
  {text, partials}: Template,
  message: string,
  scope: Scope,
): {why: string; meant?: string | undefined; hint?: string} {
  const why = message.replace(/(, file:.*)?, line:\d+, col:\d+$/, '')
  const [, path] = /^undefined variable: (\S+)/.exec(why) ?? []
  if (path !== undefined) {
    const hint = `Give it under userdata.vars in the fleet file, or write "{{ ${path} | default: 'something' }}".`
    return {why, meant: nearest(path, pathsOf(scope)), ...(path.startsWith('vars.') && {hint})}
  }
  const [, partial] = /^ENOENT: Failed to lookup "(.*)" in /.exec(why) ?? []
  if (partial !== undefined) {
    // A name that was computed may hold a secret.
    const file = [text, ...Object.values(partials)].some(one => one.includes(partial))
      ? partial.replace(/\.liquid$/, '')
      : '…'
    return {
      why: `there is no partial "${file}": no ${file}.liquid beside the document`,
      meant: nearest(file, Object.keys(partials)),
    }
  }
  if (why.includes('call stack')) return {why: 'its partials render each other without end'}
  return {why}
}

/** `vars.title`, `service.health.path`. */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? pathsOf(inner, `${prefix}${key}.`) : [`${prefix}${key}`],
  )
}

function refuseMisplaced(template: Template, scope: Scope): void {
  let nth = 0
  const probe = run(template, scope, () => MARKERS[template.kind](nth++))
  const {misplaced, broken} = findMisplaced(template.kind, probe)
  if (broken.length > 0)
    throw new McdError(`userdata.template ${template.name} is not valid YAML at: ${broken.join('; ')}`)
  if (misplaced.length === 0) return
  const places = [...new Set(misplaced)].map(line => `  ${line}`)
  throw new McdError(
    [
      `userdata.template ${template.name} puts a value where its quoting cannot protect it:`,
      ...places,
      template.kind === 'shell'
        ? 'Every {{ }} comes out as one quoted word, which must not stand inside other quotes or a here-document.'
        : 'Every {{ }} comes out as one quoted YAML scalar, which must be the whole value.',
    ].join('\n'),
    {
      suggestions:
        template.kind === 'shell'
          ? ['Leave the quotes away, or give the value to a variable first: title={{ vars.title }}']
          : [
              'Leave the quotes away; join texts with the filter "append"; build longer texts with {% capture %}.',
              'A value that is harmless where it stands can be put there as it is with the filter "raw".',
            ],
    },
  )
}

function findMisplaced(kind: TemplateKind, probe: string): {misplaced: string[]; broken: string[]} {
  return kind === 'cloud-config' ? misplacedInYaml(probe) : {misplaced: misplacedInShell(probe), broken: []}
}

/** A NUL ends a shell's word and half a surrogate pair has no bytes: neither arrives as it was written. */
function refuseStrangeCharacters({name}: Template, {vars}: TemplateValues): void {
  for (const [key, value] of Object.entries(vars)) {
    const text = value instanceof Secret ? value.reveal() : String(value)
    if (text.includes('\0') || !text.isWellFormed())
      throw new McdError(`userdata.vars.${key} holds a NUL or half a character, which ${name} cannot carry.`)
  }
}
