import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {ROOT} from './source.ts'

/**
 * The majors this code is written for. Run from an older Node, npm installs older versions without a word, and the
 * mistake shows far from its cause.
 */
const MAJORS = {
  '@aws-sdk/client-ec2': 3,
  '@aws-sdk/client-route-53': 3,
  '@biomejs/biome': 2,
  '@oclif/core': 5,
  cloudflare: 7,
  'dns-packet': 5,
  execa: 10,
  'fast-check': 4,
  knip: 6,
  liquidjs: 10,
  listr2: 11,
  nock: 15,
  'p-queue': 10,
  rolldown: 1,
  'smartdc-auth': 2,
  typescript: 7,
  vitest: 5,
  yaml: 2,
  zod: 4,
}

test('tests run on the Node that mcd ships for', () => {
  expect(process.versions.node.split('.')[0]).toBe('24')
})

test.each(Object.entries(MAJORS))('%s is installed in major %i', (name, major) => {
  const {version} = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'))
  expect(version).toMatch(new RegExp(`^${major}\\.`))
})

test('the published package needs nothing installed beside it', () => {
  const {dependencies} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect(dependencies).toBeUndefined()
})
