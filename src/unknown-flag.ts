import {UsageError} from './errors.ts'
import {nearest} from './nearest.ts'

/** What oclif says of flags a command does not have, with the ones that were meant. Undefined for every other error. */
export function unknownFlag(
  error: unknown,
  command: string,
  known: readonly string[],
): UsageError | undefined {
  const flags = error instanceof Error && 'flags' in error ? error.flags : undefined
  if (!Array.isArray(flags) || !(error as Error).message.startsWith('Nonexistent flag')) return undefined
  const told = flags.map(String).map(flag => {
    const meant = flag.startsWith('--') ? nearest(flag.slice(2), known) : undefined
    return meant === undefined
      ? `Nonexistent flag: ${flag}.`
      : `Nonexistent flag: ${flag}; did you mean "--${meant}"?`
  })
  return new UsageError(told.join('\n'), {suggestions: [`"mcd ${command} --help" shows its flags.`]})
}
