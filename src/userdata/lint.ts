import {type Liquid, type Template as Node, Output, Tag, toValueSync} from 'liquidjs'
import {fillTemplate, mask, pathsOf, type TemplateValues} from './fill.ts'
import {liquidFor} from './liquid.ts'
import type {Template} from './template.ts'
import {didYouMean, documentOf, type Place, TemplateError, unknownVariableHint} from './template-error.ts'

/** Something in a template that somebody should look at. */
export type Finding = {
  readonly rule:
    | 'template'
    | 'unknown-variable'
    | 'unused-variable'
    | 'unquoted'
    | 'size'
    | 'shell'
    | 'cloud-config'
  readonly place: Place
  readonly message: string
  readonly hint?: string | undefined
}

/** Facts that hold nothing but letters, digits, hyphens and dots. */
const HARMLESS = ['fleet.', 'group.', 'service.port']

/**
 * What is wrong with a template, all of it at once, by reading and filling it alone. `filled` is what it renders to, secrets
 * masked; absent where it does not render.
 */
export function lintTemplate(
  template: Template,
  values: TemplateValues,
): {findings: Finding[]; filled?: string} {
  const tried = tryFilling(template, values)
  const liquid = liquidFor(template, text => text)
  const nodes = tryParsing(template, liquid)
  const read = nodes ? [...unquoted(template, liquid, nodes), ...unused(template, liquid, nodes, values)] : []
  return {...tried, findings: [...tried.findings, ...read]}
}

/** Fills in, over and over, each time with the variable given that was not there: so one run tells all of them. */
function tryFilling(template: Template, values: TemplateValues): {findings: Finding[]; filled?: string} {
  const findings: Finding[] = []
  const known = pathsOf(values)
  const missing: string[] = []
  let given = values
  for (;;) {
    try {
      const filled = fillTemplate(template, given, mask)
      return findings.length === 0 ? {findings, filled} : {findings}
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      const [{unknown} = {}] = error.problems
      const more = unknown === undefined ? undefined : withValue(given, unknown.split('.'))
      const isTold = missing.some(path => unknown?.startsWith(`${path}.`))
      if (!isTold)
        findings.push(
          ...error.problems.map(({place, message, hint = error.suggestions[0]}): Finding => {
            return unknown === undefined
              ? {rule: 'template', place, message, hint}
              : {rule: 'unknown-variable', place, message, hint: unknownVariableHint(unknown, known)}
          }),
        )
      if (more === undefined) return {findings}
      missing.push(unknown ?? '')
      given = more
    }
  }
}

/** What was given for a variable that is not there. */
const STAND_IN = ''

/** Undefined where nothing can be put there: it is no plain path, or stands below a text. */
function withValue<Values extends object>(values: Values, path: readonly string[]): Values | undefined {
  const [first = '', ...rest] = path
  if (!/^[\w-]+$/.test(first)) return undefined
  const found: unknown = Object.hasOwn(values, first) ? values[first as keyof Values] : undefined
  const inner = found === STAND_IN ? undefined : found
  if (rest.length === 0) return found === undefined ? {...values, [first]: STAND_IN} : undefined
  if (inner !== undefined && (typeof inner !== 'object' || inner === null)) return undefined
  const given = withValue(inner ?? {}, rest)
  return given && {...values, [first]: given}
}

function tryParsing({text}: Template, liquid: Liquid): Node[] | undefined {
  try {
    return liquid.parse(text)
  } catch {
    // Told already, by filling it.
    return undefined
  }
}

/** Values that go into the document itself as they are. Inside `capture` the whole is quoted later on, unless that is `raw` too. */
function unquoted(template: Template, liquid: Liquid, nodes: readonly Node[]): Finding[] {
  return nodes.flatMap((node): Finding[] => {
    if (node instanceof Tag)
      return node.name === 'capture' ? [] : unquoted(template, liquid, childrenOf(node))
    if (!(node instanceof Output) || node.value.filters.at(-1)?.name !== 'raw') return []
    const variables = liquid.variablesSync([node]).length > 0 ? liquid.fullVariablesSync([node]) : []
    if (variables.every(name => HARMLESS.some(fact => name.startsWith(fact)))) return []
    const [line, column] = node.token.getPosition()
    return [
      {
        rule: 'unquoted',
        place: {template: documentOf(template, node.token.input), line, column},
        message: `${variables.join(', ')} goes into the document unquoted: what it holds can break out of its place`,
        hint: 'Leave "raw" away, or build the text with {% capture %} and let that be quoted.',
      },
    ]
  })
}

function childrenOf(tag: Tag): Node[] {
  const children = (tag as Node).children?.(true, true)
  return children ? (toValueSync(children) as Node[]) : []
}

/** What the fleet file gives and the template never asks for: most often a misspelt name. */
function unused(template: Template, liquid: Liquid, nodes: Node[], {vars}: TemplateValues): Finding[] {
  const asked = liquid.variableSegmentsSync(nodes).filter(([root]) => root === 'vars')
  // `vars[name]`: nobody can tell which.
  if (asked.some(([, name]) => typeof name !== 'string')) return []
  const names = new Set(asked.map(([, name]) => String(name)))
  const given = Object.keys(vars)
  return given
    .filter(name => !names.has(name))
    .map(name => ({
      rule: 'unused-variable',
      place: {template: template.name},
      message: `userdata.vars.${name} of the fleet file is asked for nowhere in it`,
      hint: didYouMean(
        name,
        [...names].filter(one => !given.includes(one)),
      ),
    }))
}
