import {dirname, resolve} from 'node:path'
import {FleetFileError, type Problem, UsageError} from '../errors.ts'
import {mistakesOf, toProblems} from '../fleet/file/check.ts'
import {type EffectiveValue, effectiveValues} from '../fleet/file/effective.ts'
import {layFiles, type ParseOptions} from '../fleet/file/parse.ts'
import {type FleetSource, readTexts} from '../fleet/file/read.ts'
import {loadTemplate} from '../userdata/template.ts'

export type ConfigFlags = FleetSource & {readonly sandbox: boolean; readonly defaults: boolean}

/**
 * What the fleet files, `--set` and the environment come to, and every mistake in it. Throws as readFleetFile does where no
 * file can be made out.
 */
export async function readConfig({
  file: paths,
  set: settings = [],
  sandbox,
  defaults,
}: ConfigFlags): Promise<{values: EffectiveValue[]; problems: Problem[]}> {
  const [file, ...overlays] = await readTexts(paths)
  if (!file) throw new UsageError('No fleet file is named.')
  const directory = dirname(resolve(file.name))
  const options: ParseOptions = {env: process.env, directory, sandbox, overlays, settings, loadTemplate}
  const document = layFiles(file, options)
  const mistakes = mistakesOf(document, options)
  const problems = toProblems(mistakes, document)
  if (document.data === undefined) throw new FleetFileError(problems)
  return {values: effectiveValues(document, mistakes, {defaults}), problems}
}
