import {UsageError} from '../../errors.ts'
import {type Environment, readDocument} from './document.ts'
import {valueAt} from './mistake.ts'
import {type FileText, layFiles} from './parse.ts'
import {asMapping} from './rules/rule.ts'
import {type CountChange, checkGroups, setCounts} from './scale.ts'
import {parseSettings, settingLayer} from './setting.ts'

export type ScaledFile = FileText & {readonly changes: readonly CountChange[]}

/**
 * Files laid over each other with these counts: each is written where it has the last word, in the last file that gives the
 * group a count, and where none does in the first that has the group. Throws as setCounts does, and UsageError where `--set`
 * has the last word, which no file could change.
 */
export function scaleFiles(
  files: readonly FileText[],
  counts: ReadonlyMap<string, number>,
  env: Environment,
  settings: readonly string[] = [],
): ScaledFile[] {
  checkSettings(settings, counts, env)
  const documents = files.map(({text}, index) => readDocument(text, env, {isOverlay: index > 0}))
  const groupIn = (index: number, group: string) => valueAt(documents[index]?.data, ['groups', group])
  // All of them together: a later file, or --set, may have removed a group.
  const [first, ...overlays] = files
  const laid = first && layFiles(first, {env, overlays, settings}).data
  const known = Object.keys(asMapping(asMapping(laid).groups))
  if (known.length > 0) checkGroups(known, counts)
  const indexes = [...files.keys()]
  const fileOf = (group: string) =>
    indexes.findLast(index => 'count' in asMapping(groupIn(index, group))) ??
    indexes.find(index => groupIn(index, group) !== undefined)
  return files.map(({name, text}, index) => {
    const own = new Map([...counts].filter(([group]) => fileOf(group) === index))
    return {name, ...(own.size > 0 ? setCounts(text, name, own, env) : {text, changes: []})}
  })
}

function checkSettings(
  settings: readonly string[],
  counts: ReadonlyMap<string, number>,
  env: Environment,
): void {
  for (const setting of parseSettings(settings)) {
    const {data} = settingLayer(setting, env).document
    for (const group of counts.keys()) {
      const path = ['groups', group, 'count']
      const isOnTheWay = setting.path.every((step, index) => step === path[index])
      if (isOnTheWay && valueAt(data, path.slice(setting.path.length)) !== undefined)
        throw new UsageError(
          `--set ${setting.written} gives group ${group} its count, whatever the fleet file says.`,
          {
            suggestions: [
              'Leave it out, and mcd scale writes the count into the fleet file.',
              'For a count that holds for one run, give --set to "mcd up".',
            ],
          },
        )
    }
  }
}
