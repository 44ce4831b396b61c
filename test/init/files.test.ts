import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {readFleetFile} from '../../src/fleet/file/read.ts'
import {type InitOptions, initFleet, nextSteps, schemaReference} from '../../src/init/files.ts'
import {templateValues} from '../../src/userdata/fill.ts'
import {lintTemplate} from '../../src/userdata/lint.ts'
import {loadTemplate} from '../../src/userdata/template.ts'

let folder: string
let options: InitOptions

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcd-init-'))
  const packageRoot = join(folder, 'node_modules', 'mcd')
  await mkdir(join(packageRoot, 'templates/userdata/nginx/site'), {recursive: true})
  await mkdir(join(packageRoot, 'templates/userdata/registration'))
  await writeFile(join(packageRoot, 'templates/userdata/nginx/userdata.yaml'), '#cloud-config\n')
  await writeFile(join(packageRoot, 'templates/userdata/nginx/site/index.html'), '<h1>{{ title }}</h1>\n')
  options = {
    directory: join(folder, 'shop'),
    packageRoot,
    fleet: 'shop',
    zone: 'example.com',
    name: 'www',
    dnsProvider: 'cloudflare',
    providers: ['aws', 'joyent'],
    template: 'nginx',
    overwrite: false,
  }
})

afterEach(() => rm(folder, {recursive: true}))

test('a fleet file that can be read and a copy of the template are written', async () => {
  const {files, variables} = await initFleet(options)
  expect(files).toEqual([
    'mcd.yaml',
    join('userdata', 'site', 'index.html'),
    join('userdata', 'userdata.yaml'),
  ])
  expect(variables).toEqual(['SHOP_DNS_TOKEN'])
  expect(await readFile(join(options.directory, 'userdata/site/index.html'), 'utf8')).toBe(
    '<h1>{{ title }}</h1>\n',
  )
  const fleet = await readFleetFile(join(options.directory, 'mcd.yaml'), {env: {SHOP_DNS_TOKEN: 't'}})
  expect(fleet).toMatchObject({name: 'shop', file: join(options.directory, 'mcd.yaml')})
})

test('of a template in two forms the first is copied, or the one that is named', async () => {
  const folder = join(options.packageRoot, 'templates/userdata/nginx')
  await writeFile(join(folder, 'userdata.sh'), '#!/bin/sh\n')
  const {files} = await initFleet(options)
  expect(files).not.toContain(join('userdata', 'userdata.sh'))
  const named = await initFleet({
    ...options,
    directory: `${options.directory}-2`,
    template: 'nginx/userdata.sh',
  })
  expect(named.files).toEqual([
    'mcd.yaml',
    join('userdata', 'site', 'index.html'),
    join('userdata', 'userdata.sh'),
  ])
})

test('nothing is written where one of the files is there already', async () => {
  await mkdir(join(options.directory, 'userdata'), {recursive: true})
  await writeFile(join(options.directory, 'userdata/userdata.yaml'), 'mine')
  await expect(initFleet(options)).rejects.toMatchObject({
    name: 'UsageError',
    message: `${join('userdata', 'userdata.yaml')} is there already in ${options.directory}. Nothing was written.`,
  })
  expect(await readdir(options.directory)).toEqual(['userdata'])
})

test('a folder that cannot be made is told as what it is', async () => {
  await writeFile(join(folder, 'shop'), 'a file')
  await expect(initFleet(options)).rejects.toMatchObject({
    exit: 2,
    message: expect.stringMatching(
      /mcd\.yaml cannot be written: (another file is in its way|.* is no folder)\.$/,
    ),
  })
})

test('what is there is overwritten when that is allowed', async () => {
  await mkdir(options.directory)
  await writeFile(join(options.directory, 'mcd.yaml'), 'mine')
  await initFleet({...options, overwrite: true})
  expect(await readFile(join(options.directory, 'mcd.yaml'), 'utf8')).toContain('fleet: shop')
})

test('an unknown template is answered with the known ones', async () => {
  await expect(initFleet({...options, template: 'ngnix'})).rejects.toMatchObject({
    message: 'There is no template "ngnix".',
    suggestions: ['Use one of: nginx.'],
  })
})

test.each([
  [
    'beside a local installation',
    '/home/ann/shop',
    '/home/ann/shop/node_modules/mcd',
    './node_modules/mcd/schema/mcd.schema.json',
  ],
  [
    'below a local installation',
    '/home/ann/shop/deploy',
    '/home/ann/shop/node_modules/mcd',
    '../node_modules/mcd/schema/mcd.schema.json',
  ],
  ['inside a checkout', '/src/mcd/try', '/src/mcd', '../schema/mcd.schema.json'],
  ['far from the installation', '/home/me', '/usr/lib/node_modules/mcd', undefined],
  ['in a folder that only begins alike', '/src/mcd-shop', '/src/mcd', undefined],
])(
  '%s the schema is named by a path that every clone shares, or not at all',
  (_where, directory, packageRoot, reference) => {
    expect(schemaReference(directory, packageRoot)).toBe(reference)
  },
)

test('the next steps lead into the folder and name the variables', () => {
  const text = nextSteps(
    {directory: '/home/me/my shop', files: ['mcd.yaml'], variables: ['SHOP_DNS_TOKEN']},
    '/home/me',
  )
  expect(text).toContain("cd 'my shop'\n  mcd up --sandbox")
  expect(text).toMatch(/export SHOP_DNS_TOKEN=…\n {2}mcd doctor .*\n {2}mcd plan .*\n {2}mcd up$/)
})

test('the next steps are called as this one was', () => {
  const written = {directory: '/home/me', files: ['mcd.yaml'], variables: []}
  const steps = nextSteps(written, '/home/me', 'npx mcd').split('\n')
  expect(steps.filter(line => /^ +mcd /.test(line))).toEqual([])
  expect(steps).toContain('  npx mcd up')
})

test.each(['nginx', 'nginx/userdata.sh', 'shell', 'program'])(
  'what is written for %s can be rendered as it is',
  async template => {
    const packageRoot = join(import.meta.dirname, '..', '..')
    await initFleet({...options, packageRoot, template})
    const fleet = await readFleetFile(join(options.directory, 'mcd.yaml'), {env: {SHOP_DNS_TOKEN: 't'}})
    const copy = loadTemplate(fleet.userdata.template, options.directory)
    for (const group of fleet.groups)
      expect(lintTemplate(copy, templateValues(fleet, group)).findings).toEqual([])
  },
)
