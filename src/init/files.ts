import {access, mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {basename, dirname, join, relative, resolve, sep} from 'node:path'
import {UsageError} from '../errors.ts'
import {writeTrouble} from '../file-trouble.ts'
import {type StarterOptions, starterFleetFile, starterVariables} from '../fleet/file/starter.ts'
import {DOCUMENTS} from '../userdata/template.ts'

/** What each built-in template is given to begin with. Those of `program` are to be replaced. */
const EXAMPLE_VARS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nginx: {title: 'Hello from mcd'},
  shell: {text: 'Hello from mcd'},
  program: {
    archive: 'https://example.com/program.tar.gz',
    sha256: '0'.repeat(64),
    command: 'exec ./program --port "$PORT"',
  },
}

export type InitOptions = Omit<StarterOptions, 'template' | 'vars' | 'schema'> & {
  /** Where the fleet file goes. */
  readonly directory: string
  /** Folder of the mcd package: its templates and its schema. */
  readonly packageRoot: string
  /** A built-in template (`nginx`) or one of its documents (`nginx/userdata.sh`); a copy goes beside the fleet file, to be changed. */
  readonly template: string
  readonly overwrite: boolean
}

/** `files` relative to `directory`. */
export type InitResult = {directory: string; files: string[]; variables: string[]}

/** Writes a fleet file and a copy of a template. Throws UsageError, having written nothing, when a file is there already. */
export async function initFleet(options: InitOptions): Promise<InitResult> {
  const directory = resolve(options.directory)
  const template = await readTemplate(options)
  const vars = EXAMPLE_VARS[options.template.replace(/[/\\].*/, '')] ?? {}
  const schema = schemaReference(directory, options.packageRoot)
  const files = new Map([
    ['mcd.yaml', starterFleetFile({...options, template: './userdata', vars, schema})],
    ...[...template].map(([name, content]) => [join('userdata', name), content] as const),
  ])
  if (!options.overwrite) await refuseExisting(directory, [...files.keys()])
  for (const [name, content] of files) {
    const path = join(directory, name)
    try {
      await mkdir(dirname(path), {recursive: true})
      await writeFile(path, content, {flag: options.overwrite ? 'w' : 'wx'})
    } catch (cause) {
      throw new UsageError(`${path} cannot be written: ${writeTrouble(path, cause).why}.`, {
        cause,
        suggestions: ['Choose another folder: mcd init DIR.'],
      })
    }
  }
  return {directory, files: [...files.keys()], variables: starterVariables(options)}
}

/** Files of a built-in template by their path in its folder: one of its documents, and what belongs to it. */
async function readTemplate({packageRoot, template}: InitOptions): Promise<Map<string, string>> {
  const templates = join(packageRoot, 'templates', 'userdata')
  const [, name = template, form] = /^(.*)[/\\](.*)$/.exec(template) ?? []
  const folder = join(templates, basename(name))
  const entries = await readdir(folder, {recursive: true, withFileTypes: true}).catch(
    async (cause: unknown) => {
      const known = (await readdir(templates, {withFileTypes: true}))
        .filter(entry => entry.isDirectory() && entry.name !== 'registration')
        .map(entry => entry.name)
      throw new UsageError(`There is no template "${template}".`, {
        cause,
        suggestions: [`Use one of: ${known.join(', ')}.`],
      })
    },
  )
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  const document = form ?? DOCUMENTS.find(one => paths.includes(join(folder, one)))
  const files = await Promise.all(
    paths
      .map(path => [relative(folder, path), path] as const)
      .filter(([name]) => name === document || !DOCUMENTS.includes(name))
      .map(async ([name, path]) => [name, await readFile(path, 'utf8')] as const),
  )
  if (!files.some(([name]) => name === document))
    throw new UsageError(`There is no ${form ?? DOCUMENTS.join(' or ')} in template "${name}".`, {
      suggestions: ['Name the template alone, or one of the documents in its folder.'],
    })
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function refuseExisting(directory: string, names: readonly string[]): Promise<void> {
  const present = await Promise.all(
    names.map(async name => ((await exists(join(directory, name))) ? [name] : [])),
  )
  const there = present.flat()
  if (there.length > 0)
    throw new UsageError(
      `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already in ${directory}. Nothing was written.`,
      {
        suggestions: ['Choose another folder: mcd init DIR.', 'Add --force to overwrite.'],
      },
    )
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

/**
 * Inside the project that mcd is installed in (or in its own checkout) the schema is named by a relative path, which every
 * clone of the project shares. Elsewhere mcd is installed for the whole machine: a path of this machine means nothing to the
 * file's other readers, and an address on the web would have to exist for exactly this version. There none is named.
 */
export function schemaReference(directory: string, packageRoot: string): string | undefined {
  const schema = join(packageRoot, 'schema', 'mcd.schema.json')
  const [project = packageRoot] = packageRoot.split(`${sep}node_modules${sep}`)
  const isInside = directory === project || directory.startsWith(project + sep)
  if (!isInside) return undefined
  const path = relative(directory, schema).split(sep).join('/')
  return path.startsWith('.') ? path : `./${path}`
}

/** What was written, and the way from here to a fleet that serves. `mcd` is how it is called where this was. */
export function nextSteps(
  {directory, files, variables}: InitResult,
  currentDirectory: string,
  mcd = 'mcd',
): string {
  const folder = relative(currentDirectory, directory)
  const enter = folder === '' ? [] : [`  cd ${/^[\w./-]+$/.test(folder) ? folder : `'${folder}'`}`]
  const line = (command: string, does: string) => `  ${`${mcd} ${command}`.padEnd(mcd.length + 18)}${does}`
  return [
    `Wrote ${files.join(', ')}${folder === '' ? '' : ` in ${folder}`}.`,
    '',
    'Next:',
    ...enter,
    line('up --sandbox', 'all of it on embedded clouds, without any account'),
    line('down --sandbox', 'and away again'),
    '',
    'For real clouds look at the zone, regions and types in mcd.yaml, then:',
    ...variables.map(name => `  export ${name}=…`),
    line('doctor', 'which credentials and permissions are missing; changes nothing'),
    line('plan', 'what "mcd up" would do; changes nothing'),
    `  ${mcd} up`,
  ].join('\n')
}
