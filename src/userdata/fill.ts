import {LiquidError} from 'liquidjs'
import {McdError} from '../errors.ts'
import type {Fleet, Group, Scalar} from '../fleet/model.ts'
import {conceal, Secret} from '../secret.ts'
import {alignLines} from './align.ts'
import {liquidFor} from './liquid.ts'
import {misplacedInShell, misplacedInYaml, type Spot, shellMarker, yamlMarker} from './placement.ts'
import {quoteShell, quoteYaml} from './quote.ts'
import {kindOf, type Template} from './template.ts'
import {explainLiquid, formatPlace, TemplateError} from './template-error.ts'

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

/**
 * Fills the values into a template. Every value is quoted for the kind of document, unless `raw` is its last filter.
 * Throws TemplateError with its places and the nearest right spelling, also when a value stands where quoting cannot protect it.
 */
export function fillTemplate(template: Template, values: TemplateValues, unveil: Unveil): string {
  refuseStrangeCharacters(template, values)
  const scope = {...values, vars: openVars(values.vars, unveil)}
  try {
    refuseMisplaced(template, scope)
    const filled = run(template, scope, QUOTES[template.kind])
    refuseLostKind(template, filled)
    return filled
  } catch (error) {
    throw error instanceof TemplateError ? concealed(error, values) : error
  }
}

/** A line that is shown may hold what `raw` put there. */
function concealed({message, problems, suggestions}: TemplateError, {vars}: TemplateValues): TemplateError {
  const secrets = Object.values(vars)
  const shown = problems.map(problem => ({...problem, message: conceal(problem.message, secrets)}))
  return new TemplateError(conceal(message, secrets), shown, suggestions)
}

/** cloud-init tells by the first line alone what it is given. */
function refuseLostKind({name, kind}: Template, filled: string): void {
  if (kindOf(filled) === kind) return
  const message =
    'its first line does not stay one of its own: a "-" inside a tag\'s braces takes away line breaks'
  throw new TemplateError(
    `userdata.template ${name}: ${message}.`,
    [{place: {template: name}, message}],
    ['Leave the "-" away in the tag that ends right before what follows the first line.'],
  )
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
    return liquidFor(template, quote).parseAndRenderSync(template.text, scope, {globals: scope})
  } catch (error) {
    if (!(error instanceof LiquidError)) throw error
    throw explainLiquid(template, error, pathsOf(scope))
  }
}

/** `vars.title`, `service.health.path`. */
export function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? pathsOf(inner, `${prefix}${key}.`) : [`${prefix}${key}`],
  )
}

function refuseMisplaced(template: Template, scope: Scope): void {
  let nth = 0
  const probe = run(template, scope, () => MARKERS[template.kind](nth++))
  const isShell = template.kind === 'shell'
  const {misplaced, broken} = isShell
    ? {misplaced: misplacedInShell(probe), broken: []}
    : misplacedInYaml(probe)
  if (broken.length + misplaced.length === 0) return
  const lineOf = alignLines(template.text, probe)
  const problem = ({line, text}: Spot, message: string) => {
    const place = {template: template.name, line: lineOf(line)}
    return {place, message: `${message}: ${text}`, told: `${formatPlace(place)}: ${text}`}
  }
  if (broken.length > 0) {
    const problems = broken.map(spot => problem(spot, 'not valid YAML'))
    throw new TemplateError(
      `userdata.template ${template.name} is not valid YAML at: ${broken.map(({text}) => text).join('; ')}`,
      problems,
    )
  }
  const problems = misplaced.map(spot => problem(spot, 'a value stands where its quoting cannot protect it'))
  throw new TemplateError(
    [
      `userdata.template ${template.name} puts a value where its quoting cannot protect it:`,
      ...new Set(problems.map(({told}) => `  ${told}`)),
      isShell
        ? 'Every {{ }} comes out as one quoted word, which must not stand inside other quotes or a here-document.'
        : 'Every {{ }} comes out as one quoted YAML scalar, which must be the whole value.',
    ].join('\n'),
    problems,
    isShell
      ? ['Leave the quotes away, or give the value to a variable first: title={{ vars.title }}']
      : [
          'Leave the quotes away; join texts with the filter "append"; build longer texts with {% capture %}.',
          'A value that is harmless where it stands can be put there as it is with the filter "raw".',
        ],
  )
}

/** A NUL ends a shell's word and half a surrogate pair has no bytes: neither arrives as it was written. */
function refuseStrangeCharacters({name}: Template, {vars}: TemplateValues): void {
  for (const [key, value] of Object.entries(vars)) {
    const text = value instanceof Secret ? value.reveal() : String(value)
    if (text.includes('\0') || !text.isWellFormed())
      throw new McdError(`userdata.vars.${key} holds a NUL or half a character, which ${name} cannot carry.`)
  }
}
