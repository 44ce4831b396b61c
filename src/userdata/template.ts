import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs'
import {basename, dirname, isAbsolute, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {McdError} from '../errors.ts'
import {nearest} from '../nearest.ts'

/** `cloud-config`: a YAML document that begins with `#cloud-config`. `shell`: a script that begins with `#!`. */
export type TemplateKind = 'cloud-config' | 'shell'

export type Template = {
  /** As the fleet file names it, for messages. */
  readonly name: string
  readonly kind: TemplateKind
  readonly text: string
  /** What it may `render` or `include`: each `NAME.liquid` beside it, by NAME. Nothing else can be read from a template. */
  readonly partials: Readonly<Record<string, string>>
}

/** The document in a template's folder; the first that is there counts, another is named with the folder (`nginx/userdata.sh`). */
export const DOCUMENTS = ['userdata.yaml', 'userdata.sh']
const PARTIAL = '.liquid'

/** `templates/userdata` of this package, whether mcd runs from its bundle or from its sources. */
export function builtInTemplates(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  for (let folder = here; ; folder = dirname(folder)) {
    const templates = join(folder, 'templates', 'userdata')
    if (existsSync(join(templates, 'registration'))) return templates
    if (folder === dirname(folder))
      throw new McdError(
        `The templates that belong to mcd are not beside it (searched upwards from ${here}).`,
        {
          suggestions: ['Install mcd again: its package holds a folder "templates".'],
        },
      )
  }
}

/**
 * The template a fleet file names: a built-in one by its name, else a folder or file by its path, relative to the fleet
 * file, else a built-in one's document by its path. Throws McdError with the nearest name when there is none.
 */
export function loadTemplate(
  name: string,
  fleetFolder: string,
  builtIn: string = builtInTemplates(),
): Template {
  const isName = !/[\\/]/.test(name) && !name.startsWith('.')
  const own = isAbsolute(name) ? name : resolve(fleetFolder, name)
  const file = (isName && documentIn(join(builtIn, name))) || documentOf(own) || documentByPath(builtIn, name)
  if (file === undefined) throw unknownTemplate(name, isName, own, builtIn)
  const text = readText(file)
  const kind = kindOf(text)
  if (kind === undefined)
    throw new McdError(
      `userdata.template "${name}": ${file} begins with neither "#cloud-config" nor "#!", so mcd cannot tell how to quote values in it.`,
      {
        suggestions: [
          'Make the first line "#cloud-config" for a YAML document, or "#!/bin/sh" for a script.',
        ],
      },
    )
  return {name, kind, text, partials: partialsBeside(file)}
}

export function kindOf(text: string): TemplateKind | undefined {
  if (/^#cloud-config[ \t\r]*(\n|$)/.test(text)) return 'cloud-config'
  return text.startsWith('#!') ? 'shell' : undefined
}

function partialsBeside(file: string): Record<string, string> {
  const folder = dirname(file)
  const names = readdirSync(folder, {withFileTypes: true})
    .filter(entry => entry.isFile() && entry.name.endsWith(PARTIAL))
    .map(({name}) => name)
  return Object.fromEntries(names.map(name => [basename(name, PARTIAL), readText(join(folder, name))]))
}

const readText = (file: string): string => readFileSync(file, 'utf8').replace(/^\ufeff/, '')

/** `nginx/userdata.sh` */
function documentByPath(builtIn: string, name: string): string | undefined {
  const [folder = '', document = '', ...rest] = name.split(/[\\/]/)
  const file = join(builtIn, folder, document)
  const isOne = rest.length === 0 && /^[\w-]+$/.test(folder) && DOCUMENTS.includes(document)
  return isOne && existsSync(file) ? file : undefined
}

function documentOf(path: string): string | undefined {
  return existsSync(path) && statSync(path).isFile() ? path : documentIn(path)
}

function documentIn(folder: string): string | undefined {
  return DOCUMENTS.map(name => join(folder, name)).find(file => existsSync(file))
}

function unknownTemplate(name: string, isName: boolean, own: string, builtIn: string): McdError {
  if (existsSync(own))
    return new McdError(
      `userdata.template "${name}": the folder ${own} holds none of ${DOCUMENTS.join(', ')}.`,
      {
        suggestions: [`Put the document into ${join(own, 'userdata.yaml')}, or name the file itself.`],
      },
    )
  const known = readdirSync(builtIn).filter(folder => documentIn(join(builtIn, folder)))
  const meant = isName ? nearest(name, known) : undefined
  return new McdError(
    `userdata.template "${name}" is neither one of mcd's own templates (${known.join(', ')}) nor a path: there is no ${own}.`,
    {suggestions: [meant ? `Did you mean "${meant}"?` : 'Paths are relative to the fleet file.']},
  )
}
