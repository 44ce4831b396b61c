import {basename, isAbsolute, join} from 'node:path'
import {FleetFileError} from '../../errors.ts'
import type {Fleet} from '../model.ts'
import {type CheckOptions, mistakesOf, toProblems} from './check.ts'
import {type Environment, readDocument} from './document.ts'
import {toFleet} from './fleet.ts'
import {type Layer, type LayeredDocument, layered} from './layers.ts'
import type {Path} from './mistake.ts'
import {isMapping} from './piece.ts'
import {asMapping} from './rules/rule.ts'
import {fileSchema} from './schema.ts'
import {parseSettings, settingLayer} from './setting.ts'

export type ParseOptions = CheckOptions & {
  /** False where nobody opens the journal that the file names: then the variable of its password need not be set. */
  readonly opensState?: boolean
  /** True for who uses nothing of what instances get and receivers need: a value of theirs stays as it is written where its variable is not set. */
  readonly mayLackSecrets?: boolean
  readonly env: Environment
  /** Further files, each laid over what stands before it. */
  readonly overlays?: readonly FileText[]
  /** What `--set` gives (`groups.virginia.count=3`), laid over all files. */
  readonly settings?: readonly string[]
}

/** A file's text; `name` is how its mistakes name it. */
export type FileText = {readonly name: string; readonly text: string}

/** Of what comes from variables: everything else of the address is written out. */
const HOLDS_A_PASSWORD_ALONE = /^postgres(ql)?:\/\/[^:@$]*:\$\{env:\w+\}@[^$]*$/

/**
 * A fleet file's text as a Fleet. Pure but for `loadTemplate`. Throws FleetFileError with every mistake of the file, in file order; `fileName` is
 * how they name it.
 */
export function parseFleetFile(text: string, fileName: string, options: ParseOptions): Fleet {
  const document = layFiles({name: fileName, text}, options)
  const mistakes = mistakesOf(document, options)
  if (mistakes.length > 0) {
    const error = new FleetFileError(toProblems(mistakes, document))
    if (!options.overlays?.length && isOverlayAlone(document.data))
      error.suggestions.push(
        `If ${fileName} holds only what differs, name the whole fleet file before it: -f mcd.yaml -f ${fileName}`,
      )
    throw error
  }

  const path = isAbsolute(fileName) ? fileName : join(options.directory, basename(fileName))
  const fleet = toFleet(fileSchema.parse(document.data), document, path)
  return options.sandbox
    ? {...fleet, names: fleet.names.map(({instanceCredentials: _theirs, ...name}) => name)}
    : fleet
}

/** Whether somebody gave what is to be laid over a fleet file in its place: whole parts are missing, and groups name no cloud. */
function isOverlayAlone(data: unknown): boolean {
  const {service, userdata, groups} = asMapping(data)
  const given = Object.values(asMapping(groups))
  const isWhole = given.length > 0 && given.every(group => 'provider' in asMapping(group))
  return isMapping(data) && service === undefined && userdata === undefined && !isWhole
}

/** The fleet file, what is laid over it, and what `--set` gives, as one. Throws UsageError for a `--set` that is none. */
export function layFiles(
  file: FileText,
  {
    env,
    sandbox = false,
    opensState = true,
    mayLackSecrets = false,
    overlays = [],
    settings = [],
  }: Omit<ParseOptions, 'directory'>,
): LayeredDocument {
  const mayBeUnset = (path: Path, raw: string) =>
    ((sandbox || mayLackSecrets) && (path.includes('instanceCredentials') || path[0] === 'notify')) ||
    (mayLackSecrets && /^(userdata vars|groups \S+ metadata)\b/.test(path.join(' '))) ||
    (!opensState && path[0] === 'state' && HOLDS_A_PASSWORD_ALONE.test(raw))
  const layer = ({name, text}: FileText, isOverlay: boolean): Layer => ({
    name,
    text,
    document: readDocument(text, env, {mayBeUnset, isOverlay}),
  })
  return layered([
    layer(file, false),
    ...overlays.map(overlay => layer(overlay, true)),
    ...parseSettings(settings).map(setting => settingLayer(setting, env, mayBeUnset)),
  ])
}
