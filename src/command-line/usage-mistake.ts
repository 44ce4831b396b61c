import {stripVTControlCharacters} from 'node:util'
import {UsageError} from '../errors.ts'
import {nearest} from '../nearest.ts'

/** What oclif's errors about the command line have beside the message, as the case is. */
type ParseError = Error & {
  flags?: readonly string[]
  args?: readonly (string | {name: string; description?: string})[]
}

/** Most of these errors have `parse`; about the value of a flag only the text tells. */
const VALUE_MISTAKE = /^(?:Flag --\S+ expects|Parsing --\S+\s)/

/**
 * What oclif says of a mistake on the command line, in mcd's words and with what was meant. Undefined for every other error.
 * `command` is spoken ("sandbox start"), `known` the names of its flags.
 */
export function usageMistake(
  error: unknown,
  command: string,
  known: readonly string[],
): UsageError | undefined {
  if (!(error instanceof Error) || !('parse' in error || VALUE_MISTAKE.test(error.message))) return undefined
  const shows = `"mcd ${command} --help" shows its flags.`
  const {flags, args = [], message}: ParseError = error
  const [said = ''] = stripVTControlCharacters(message).split('\nSee more help')
  if (flags && said.startsWith('Nonexistent flag'))
    return new UsageError(flags.map(flag => unknownFlag(flag, known)).join('\n'), {suggestions: [shows]})
  const takes = `"mcd ${command} --help" shows what it takes.`
  if (said.startsWith('Unexpected argument'))
    return new UsageError(`"mcd ${command}" takes no argument "${args.join(' ')}".`, {suggestions: [takes]})
  if (said.startsWith('Missing') && args.length > 0)
    return new UsageError(args.map(missingArgument).join('\n'), {suggestions: [takes]})
  const [, flag, given = '', options] = /^Expected (--\S+?)=(.*) to be one of: (.*)$/s.exec(said) ?? []
  if (options !== undefined) {
    const meant = nearest(given, options.split(', '))
    return new UsageError(
      `${flag} cannot be "${given}"${meant === undefined ? '.' : `; did you mean "${meant}"?`}`,
      {suggestions: [`Use one of: ${options}.`]},
    )
  }
  const reasons = said
    .replace(/^The following errors? occurred:/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .split('\n')
  const told = reasons.map(reason => sentence(reason.trim())).filter(Boolean)
  return new UsageError(told.join('\n'), {suggestions: [shows]})
}

function unknownFlag(flag: string, known: readonly string[]): string {
  const meant = flag.startsWith('--') ? nearest(flag.slice(2), known) : undefined
  return meant === undefined
    ? `Nonexistent flag: ${flag}.`
    : `Nonexistent flag: ${flag}; did you mean "--${meant}"?`
}

const missingArgument = (arg: string | {name: string; description?: string}): string =>
  typeof arg === 'string'
    ? `${arg.toUpperCase()} is missing.`
    : sentence(`${arg.name.toUpperCase()} is missing${arg.description ? `: ${arg.description}` : ''}`)

/** `Missing required flag kind`, `--now=true cannot also be provided when using --plan`: the rest is told as it is. */
const sentence = (reason: string): string =>
  reason
    .replace(/^Missing required flag (\S+)$/, '--$1 is needed')
    .replace(/^(--[^=]+)=.* cannot also be provided when using (--\S+)$/, '$1 and $2 exclude each other')
    .replace(/[^.:]$/, '$&.')
