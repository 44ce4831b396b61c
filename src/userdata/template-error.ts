import type {LiquidError} from 'liquidjs'
import {EXIT, McdError} from '../errors.ts'
import {nearest} from '../nearest.ts'
import type {Template} from './template.ts'

/** Where in a template: the document's name, or `nginx (page.liquid)` in a partial. Lines and columns count from 1. */
export type Place = {
  readonly template: string
  readonly line?: number | undefined
  readonly column?: number | undefined
}

export type TemplateProblem = {
  readonly place: Place
  readonly message: string
  readonly hint?: string
  /** The variable that is not there, as it is written: `vars.titel`. */
  readonly unknown?: string
}

/** A template cannot be filled: every mistake that could be told in one go. */
export class TemplateError extends McdError {
  override name = 'TemplateError'
  override readonly exit = EXIT.usage
  readonly problems: readonly TemplateProblem[]

  constructor(message: string, problems: readonly TemplateProblem[], suggestions: string[] = []) {
    super(message, {suggestions})
    this.problems = problems
  }
}

/** `nginx:12:5`, as far as it is known. */
export const formatPlace = ({template, line, column}: Place): string =>
  [template, line, column].filter(part => part !== undefined).join(':')

/** Liquid's error in our words, with the nearest right spelling. `known` are the variables there are. */
export function explainLiquid(
  template: Template,
  error: LiquidError,
  known: readonly string[],
): TemplateError {
  const [line, column] = error.token.getPosition()
  const place = {template: documentOf(template, error.token.input), line, column}
  const {message, hint, unknown} = reasonOf(template, error.message, known)
  const problem = {place, message, ...(hint && {hint}), ...(unknown && {unknown})}
  return new TemplateError(
    `userdata.template ${formatPlace(place)}: ${message}`,
    [problem],
    hint ? [hint] : [],
  )
}

/** The document or the partial whose text this is. */
export function documentOf({name, text, partials}: Template, input: string): string {
  const [partial] = Object.entries(partials).find(([, own]) => own === input && own !== text) ?? []
  return partial === undefined ? name : `${name} (${partial}.liquid)`
}

function reasonOf(
  {text, partials}: Template,
  said: string,
  known: readonly string[],
): {message: string; hint?: string; unknown?: string} {
  const message = said.replace(/(, file:.*)?, line:\d+, col:\d+$/, '')
  const [, unknown] = /^undefined variable: (\S+)/.exec(message) ?? []
  if (unknown !== undefined) return {message, unknown, hint: unknownVariableHint(unknown, known)}
  const [, partial] = /^ENOENT: Failed to lookup "(.*)" in /.exec(message) ?? []
  if (partial !== undefined) {
    // A name that was computed may hold a secret.
    const isWritten = [text, ...Object.values(partials)].some(one => one.includes(partial))
    const file = isWritten ? partial : '…'
    const meant = didYouMean(file, Object.keys(partials))
    return {
      message: `there is no partial "${file}": no ${file}.liquid beside the document`,
      ...(meant && {hint: meant}),
    }
  }
  if (message.includes('call stack')) return {message: 'its partials render each other without end'}
  return {message}
}

export function unknownVariableHint(unknown: string, known: readonly string[]): string {
  const meant = didYouMean(unknown, known)
  if (meant !== undefined) return meant
  return unknown.startsWith('vars.')
    ? `Give it under userdata.vars in the fleet file, or write "{{ ${unknown} | default: 'something' }}".`
    : `There are ${known.join(', ')}.`
}

export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const meant = nearest(word, known)
  return meant === undefined ? undefined : `Did you mean "${meant}"?`
}
