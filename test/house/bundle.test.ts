import {isBuiltin} from 'node:module'
import {join} from 'node:path'
import {type OutputChunk, type RolldownOptions, rolldown} from 'rolldown'
import {loadConfig} from 'rolldown/config'
import {beforeAll, expect, test} from 'vitest'
import {licencesOf} from '../../tools/third-party.ts'
import {ROOT} from './source.ts'

/** What takes longer to load than a short command may take in all: imported by the command that uses it. */
const HEAVY = [
  '@aws-sdk',
  '@smithy',
  'cloudflare',
  'smartdc-auth',
  'execa',
  'zod',
  'yaml',
  'liquidjs',
  'listr2',
  'dns-packet',
  'p-queue',
  // Of oclif: what would search the disk for commands and plugins.
  'minimatch',
  'tinyglobby',
  'semver', // what the index of oclif checks Node's version with: its pieces are imported one by one
]

let chunks: OutputChunk[]
beforeAll(async () => {
  const {output, input, ...options} = (await loadConfig(join(ROOT, 'rolldown.config.mjs'))) as RolldownOptions
  const entries = Object.entries(input as Record<string, string>).map(([name, path]) => [
    name,
    join(ROOT, path),
  ])
  const bundle = await rolldown({...options, input: Object.fromEntries(entries), cwd: ROOT})
  // The same chunks, unminified: only who imports whom matters here.
  const generated = await bundle.generate({...output, minify: false})
  await bundle.close()
  chunks = generated.output.filter(each => each.type === 'chunk')
}, 120_000)

/** What a chunk loads at once: itself and all it imports statically. */
function loadedWith(entry: string): OutputChunk[] {
  const loaded = new Set<OutputChunk>()
  const load = (fileName: string) => {
    const chunk = chunks.find(each => each.fileName === fileName)
    if (!chunk || loaded.has(chunk)) return
    loaded.add(chunk)
    chunk.imports.forEach(load)
  }
  load(entry)
  return [...loaded]
}

const packagesIn = (loaded: OutputChunk[]) => {
  const names = loaded
    .flatMap(({modules}) => Object.keys(modules))
    .map(path => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
  return [...new Set(names.filter(name => name !== undefined))]
}

const isHeavy = (name: string) => HEAVY.some(heavy => name === heavy || name.startsWith(`${heavy}/`))

test('starting mcd loads no heavy library', () => {
  expect(packagesIn(loadedWith('main.cjs')).filter(isHeavy)).toEqual([])
  // The scan itself works: the heavy ones are in the bundle, in chunks that load later.
  expect(packagesIn(chunks).filter(isHeavy)).toContain('@aws-sdk/client-ec2')
})

test('a sandbox machine loads nothing but what reads a cloud-config: twenty of them start at once', () => {
  expect(packagesIn(loadedWith('machine.cjs'))).toEqual(['yaml'])
})

test('everything is in the bundle', () => {
  const wanted = chunks.flatMap(({imports, dynamicImports}) => [...imports, ...dynamicImports])
  const outside = wanted.filter(name => !chunks.some(({fileName}) => fileName === name) && !isBuiltin(name))
  expect(outside).toEqual([])
})

test('Triton keys are found in the bundle as without it: in the ssh agent and in ~/.ssh', () => {
  const files = chunks
    .flatMap(({modules}) => Object.keys(modules))
    .map(path => path.slice(path.lastIndexOf('/') + 1))
  expect(files).toEqual(expect.arrayContaining(['kr-agent.js', 'kr-homedir.js']))
})

test('the licence of every package in it travels along', () => {
  const text = licencesOf(chunks.flatMap(({modules}) => Object.keys(modules)))
  const missing = packagesIn(chunks).filter(name => !text.includes(`\n${name} `))
  expect(missing).toEqual([])
  const unlicensed = text.matchAll(/^(.*) \(as stated below\)\n=+\n\nThe package carries no licence text/gm)
  expect([...unlicensed].map(([, name]) => name)).toEqual([])
})
