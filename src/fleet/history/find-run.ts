import {UsageError} from '../../errors.ts'
import type {RunHistory} from './history.ts'

/** One run by its id, by the beginning of it where only one begins so, or `last`. Throws UsageError for anything else. */
export function findRun(runs: readonly RunHistory[], wanted: string): RunHistory {
  const last = runs.at(-1)
  if (!last) throw new UsageError('This fleet has no run yet.', {suggestions: ['"mcd up" is the first.']})
  if (wanted === 'last') return last
  const matches = runs.filter(({run}) => run.startsWith(wanted.toLowerCase()))
  const [match] = matches
  if (match && matches.length === 1) return match
  throw new UsageError(
    match
      ? `"${wanted}" begins the ids of ${matches.length} runs: ${matches.map(({run}) => run).join(', ')}.`
      : `No run of this fleet begins with "${wanted}".`,
    {
      suggestions: [
        match
          ? 'Give more of the id.'
          : '"mcd history" lists the runs; "mcd history last" shows the last one.',
      ],
    },
  )
}
