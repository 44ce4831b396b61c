import type * as z from 'zod'
import {formatProblem, type Problem} from '../../errors.ts'
import {explain, issuesOf} from './issues.ts'
import type {LayeredDocument} from './layers.ts'
import {type Mistake, type Path, valueAt} from './mistake.ts'
import {instancesCanRegister} from './rules/credentials.ts'
import {
  credentialsFromEnvironment,
  discoveryFits,
  nameInsideZone,
  namesOnce,
  proxiedIsPublic,
  ttlInRange,
  weightsFitRouting,
} from './rules/dns.ts'
import {quietCanBeReached, quietIsAskedFor, quietIsSeenOneWay} from './rules/drain.ts'
import {failoverElsewhere} from './rules/failover.ts'
import {
  awsPlace,
  groupNames,
  hasGroups,
  imageAliases,
  onePlaceOneAccount,
  openOrSecurityGroups,
  ownMetadata,
  reservedTags,
  zonesOrSubnets,
} from './rules/groups.ts'
import {connectionsHaveNoPath} from './rules/health.ts'
import {oneNamePerProvider} from './rules/limits.ts'
import {receiversOnce, signingSecretFromEnvironment} from './rules/notify.ts'
import type {Report, Rule} from './rules/rule.ts'
import {statePasswordFromEnvironment} from './rules/state.ts'
import {templateIsThere} from './rules/userdata.ts'
import {fileSchema} from './schema.ts'
import {strayGroups} from './stray-groups.ts'

export type CheckOptions = {
  /** Absolute path of the file's folder. */
  readonly directory: string
  /**
   * The sandbox supplies the instances' credentials, and tells nobody elsewhere of its runs: those of the file are left out, and
   * the variables of both need not be set.
   */
  readonly sandbox?: boolean
  /** Whether instances that register themselves must have credentials to do it with (decision 24); the sandbox's have. */
  readonly needsInstanceCredentials?: boolean
  /** Throws McdError for a userdata template that is not there; without it templates are not looked for. */
  readonly loadTemplate?: (template: string, directory: string) => unknown
}

/** Every mistake there is, in no order. */
export function mistakesOf(
  document: LayeredDocument,
  {directory, sandbox = false, needsInstanceCredentials = false, loadTemplate}: CheckOptions,
): Mistake[] {
  const rules = [
    ...RULES,
    ...(loadTemplate ? [templateIsThere(template => loadTemplate(template, directory))] : []),
    ...(needsInstanceCredentials && !sandbox ? [instancesCanRegister] : []),
  ]
  return [...document.mistakes, ...(document.data === undefined ? [] : check(document, rules))]
}

/** The schema's mistakes first; rules then speak only where the schema had nothing to say. */
function check(document: LayeredDocument, rules: readonly Rule[]): Mistake[] {
  const stray = strayGroups(document)
  const isOfStray = (path: Path) => path[0] === 'groups' && stray.has(String(path[1]))
  const first = issuesOf(fileSchema, document.data)
  const retyped = first.filter(issue => retype(issue, document))
  const issues = retyped.length > 0 ? issuesOf(fileSchema, document.data) : first
  const mistakes = issues.flatMap(issue => explain(issue, document)).filter(({path = []}) => !isOfStray(path))
  mistakes.push(...stray.values())
  const taken = new Set(mistakes.map(({path}) => JSON.stringify(path)))

  const report: Report = (path, message, hint, at = 'value') => {
    if (document.isSpoilt(path) || taken.has(JSON.stringify(path)) || isOfStray(path)) return
    const offset = at === 'key' ? document.keyOffsetOf(path) : document.offsetOf(path)
    mistakes.push({offset, path, message, ...(hint ? {hint} : {})})
  }
  const {variablesOf} = document
  const secrets = [
    credentialsFromEnvironment(variablesOf),
    statePasswordFromEnvironment(variablesOf),
    signingSecretFromEnvironment(variablesOf),
  ]
  for (const rule of [...rules, ...secrets]) rule(document.data, report)
  return mistakes
}

const RULES = [
  hasGroups,
  groupNames,
  awsPlace,
  onePlaceOneAccount,
  openOrSecurityGroups,
  zonesOrSubnets,
  failoverElsewhere,
  imageAliases,
  reservedTags,
  ownMetadata,
  nameInsideZone,
  namesOnce,
  ttlInRange,
  weightsFitRouting,
  discoveryFits,
  proxiedIsPublic,
  connectionsHaveNoPath,
  oneNamePerProvider,
  quietIsAskedFor,
  quietIsSeenOneWay,
  quietCanBeReached,
  receiversOnce,
]

/** Gives a value that neither the environment nor a shell can give a type the one that is wanted. */
function retype(issue: z.core.$ZodIssue, document: LayeredDocument): boolean {
  const path = issue.path as Path
  if (issue.code !== 'invalid_type') return false
  const value = asWanted(issue.expected, valueAt(document.data, path), {
    isVariable: document.variablesOf(path).length > 0,
    isSet: document.position(document.offsetOf(path)).line === undefined,
  })
  if (value === undefined) return false
  const holder = valueAt(document.data, path.slice(0, -1)) as Record<string | number, unknown>
  holder[path.at(-1) ?? ''] = value
  return true
}

/**
 * The environment holds text alone: where a number or true/false is wanted, a variable's text is read as one. And a shell takes
 * away the quotes by which a number of `--set` would be text: where text is wanted, it is.
 */
function asWanted(
  expected: string,
  value: unknown,
  {isVariable, isSet}: {isVariable: boolean; isSet: boolean},
): unknown {
  if (isSet && expected === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return String(value)
  if (!isVariable || typeof value !== 'string') return undefined
  const text = value.trim()
  if (['number', 'int'].includes(expected) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return expected === 'boolean' && ['true', 'false'].includes(text) ? text === 'true' : undefined
}

/** With their places, in the order of the files and in file order. */
export function toProblems(mistakes: readonly Mistake[], document: LayeredDocument): Problem[] {
  const problems = mistakes
    .toSorted((a, b) => a.offset - b.offset)
    .map(
      ({offset, message, hint}): Problem => ({
        ...document.position(offset),
        message,
        ...(hint ? {hint} : {}),
      }),
    )
  // What is repeated by an alias is wrong once.
  return problems.filter(
    (problem, index) =>
      problems.findIndex(other => formatProblem(other) === formatProblem(problem)) === index,
  )
}
