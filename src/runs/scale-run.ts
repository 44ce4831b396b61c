import {basename} from 'node:path'
import {UsageError} from '../errors.ts'
import {saveFleetFile} from '../fleet/file/save.ts'
import {type CountChange, setCounts} from '../fleet/file/scale.ts'

/** A fleet file with other counts: planned with from the start, written only when the plan stands. */
export type FileEdit = {
  readonly apply: (text: string) => string
  readonly save: () => Promise<void>
  readonly changes: () => readonly CountChange[]
}

/** `GROUP=N …` as given. Throws UsageError with everything that is wrong with them. */
export function parseCounts(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  const wrong: string[] = []
  for (const word of words) {
    const [, group, number] = /^([^=]+)=(.*)$/.exec(word) ?? []
    if (group === undefined || number === undefined) wrong.push(`"${word}" is not of the form GROUP=N.`)
    else if (!/^\d{1,9}$/.test(number))
      wrong.push(
        `"${word}" needs a whole number of at least 0 after the "=", the count that is wanted in the end.`,
      )
    else if (counts.has(group)) wrong.push(`Group ${group} stands there twice.`)
    else counts.set(group, Number(number))
  }
  if (words.length === 0) wrong.push('Which group, and how many?')
  if (wrong.length > 0)
    throw new UsageError(wrong.join('\n'), {suggestions: ['Write it as in: mcd scale virginia=3 east=2']})
  return counts
}

export function countEdit(file: string, counts: ReadonlyMap<string, number>): FileEdit {
  let before = ''
  let after = ''
  let changes: readonly CountChange[] = []
  return {
    apply(text) {
      before = text
      ;({text: after, changes} = setCounts(text, file, counts, process.env))
      return after
    },
    async save() {
      if (after === before) return
      await saveFleetFile(file, before, after)
      process.stderr.write(`${basename(file)} now says: ${changes.map(changeText).join(', ')}\n`)
    },
    changes: () => changes,
  }
}

const changeText = ({group, from, to}: CountChange): string =>
  from === undefined ? `${group} ${to}` : `${group} ${from} → ${to}`
