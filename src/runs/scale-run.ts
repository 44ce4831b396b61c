import {basename} from 'node:path'
import {UsageError} from '../errors.ts'
import type {FileText} from '../fleet/file/parse.ts'
import type {ReadOptions} from '../fleet/file/read.ts'
import {saveFleetFile} from '../fleet/file/save.ts'
import type {CountChange} from '../fleet/file/scale.ts'
import {type ScaledFile, scaleFiles} from '../fleet/file/scale-files.ts'

/** Fleet files with other counts: planned with from the start, written only when the plan stands. */
export type FileEdit = {
  readonly apply: NonNullable<ReadOptions['edit']>
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

export function countEdit(counts: ReadonlyMap<string, number>, settings: readonly string[]): FileEdit {
  let before: readonly FileText[] = []
  let after: readonly ScaledFile[] = []
  return {
    apply(files) {
      before = files
      after = scaleFiles(files, counts, process.env, settings)
      return after
    },
    async save() {
      for (const [index, {name, text, changes}] of after.entries()) {
        const written = before[index]?.text
        if (written === undefined || written === text) continue
        await saveFleetFile(name, written, text)
        process.stderr.write(`${basename(name)} now says: ${changes.map(changeText).join(', ')}\n`)
      }
    },
    changes: () => after.flatMap(({changes}) => changes),
  }
}

const changeText = ({group, from, to}: CountChange): string =>
  from === undefined ? `${group} ${to}` : `${group} ${from} → ${to}`
