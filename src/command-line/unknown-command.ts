import {UsageError} from '../errors.ts'
import {nearest} from '../nearest.ts'

const HELP = '"mcd --help" shows all commands.'

/**
 * What oclif says of words that are no command ("command up:extra not found", and its help "Command upp not found."), in words
 * that help: the nearest command, or that the command takes no such argument. Undefined for every other error. `known` are
 * command ids: `sandbox:start`.
 */
export function unknownCommand(error: unknown, known: readonly string[]): UsageError | undefined {
  const [, id] = /^command (.+) not found\.?$/i.exec(error instanceof Error ? error.message : '') ?? []
  if (id === undefined) return undefined
  const words = id.split(':')
  const command = words
    .map((_, index) => words.slice(0, index + 1).join(':'))
    .findLast(each => known.includes(each))
  if (command !== undefined) {
    const extra = words.slice(command.split(':').length).join(' ')
    const spoken = command.replaceAll(':', ' ')
    return new UsageError(`"mcd ${spoken}" takes no argument "${extra}".`, {
      suggestions: [`"mcd ${spoken} --help" shows what it takes.`],
    })
  }
  const topics = known.filter(each => each.includes(':')).map(each => each.slice(0, each.lastIndexOf(':')))
  const meant = nearest(id, [...known, ...topics])?.replaceAll(':', ' ')
  return new UsageError(
    `There is no command "mcd ${words.join(' ')}"${meant === undefined ? '.' : `; did you mean "mcd ${meant}"?`}`,
    {suggestions: [HELP]},
  )
}
