// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a fleet file writes its variables so
import {expect, test} from 'vitest'
import {parseFleetFile} from '../../../src/fleet/file/parse.ts'
import {fleetFile, mistakesIn} from '../../support/fleet-file.ts'

const HOOK = 'https://hooks.example.com/T00/B00/do-not-tell'
const SECRET = 'do-not-tell-0123456789'
const ENV = {HOOK, SECRET, SHORT: 'do-not-tell', WORDS: 'do not tell'}

const withNotify = (block: string): string => `${fleetFile()}notify:\n${block}`
const receiver = (url = '"${env:HOOK}"', secret = '"${env:SECRET}"', more = '') =>
  `  - url: ${url}\n    secret: ${secret}\n${more}`
const fleetOf = (text: string, options: {sandbox?: boolean; env?: Record<string, string>} = {}) =>
  parseFleetFile(text, 'mcd.yaml', {env: ENV, directory: '/fleet', ...options})

test('a receiver is told everything unless the file says otherwise, and only its host is ever shown', () => {
  const {notify} = fleetOf(
    withNotify(receiver() + receiver('http://[::1]:8080/a', undefined, '    events: [drift-found]\n')),
  )
  expect(notify?.map(({host, events}) => ({host, events}))).toEqual([
    {host: 'hooks.example.com', events: ['run-finished', 'instance-lost', 'drift-found']},
    {host: '[::1]:8080', events: ['drift-found']},
  ])
  expect(JSON.stringify(notify)).not.toContain('do-not-tell')
  expect(notify?.[0]?.url.reveal()).toBe(HOOK)
})

const LINE = fleetFile().split('\n').length

test.each<[rule: string, block: string, problems: string[]]>([
  ['one that is right', receiver(), []],
  [
    'an address that is none is not repeated',
    receiver('do-not-tell'),
    [
      `mcd.yaml:${LINE + 1}:10: url must be a URL such as "https://hooks.example.com/mcd", without a user or a password in it, not what stands here`,
    ],
  ],
  [
    'nor is what a variable holds',
    receiver('"${env:WORDS}"'),
    [expect.stringMatching(/not what \$\{env:WORDS\} holds$/)],
  ],
  [
    'a password has no place in an address',
    receiver('https://ann:do-not-tell@hooks.example.com'),
    [expect.stringContaining('without a user or a password in it, not what stands here')],
  ],
  [
    'other protocols are none',
    receiver('ftp://hooks.example.com'),
    [expect.stringContaining('url must be a URL')],
  ],
  [
    'who has the file must not be able to sign',
    receiver(undefined, 'do-not-tell-0123456789'),
    [
      `mcd.yaml:${LINE + 2}:13: secret must not stand in the file itself (put it into an environment variable and write "\${env:NAME}")`,
    ],
  ],
  [
    'a secret that is short is none',
    receiver(undefined, '"${env:SHORT}"'),
    [expect.stringContaining('secret must be at least 16 characters, or "whsec_"')],
  ],
  [
    'every event is one that there is',
    receiver(undefined, undefined, '    events: [run-finnished]\n'),
    [expect.stringContaining('events[0] must be run-finished, instance-lost or drift-found')],
  ],
  [
    'and there is one at least',
    receiver(undefined, undefined, '    events: []\n'),
    [expect.stringContaining('at least one event')],
  ],
  [
    'no secret, no signature',
    '  - url: "${env:HOOK}"\n',
    [expect.stringContaining('"secret" is missing in notify[0]')],
  ],
  [
    'who is told under one address is one receiver, and has one secret',
    receiver('https://hooks.example.com/do-not-tell') + receiver('https://hooks.example.com/do-not-tell'),
    [
      expect.stringMatching(
        /this is the address of notify\[0\] \(name a receiver once, with all its "events"\)$/,
      ),
    ],
  ],
  ['a variable must be set', receiver('"${env:NONE}"'), [expect.stringContaining('NONE is not set')]],
])('%s', (_rule, block, problems) => {
  const found = mistakesIn(withNotify(block), ENV)
  expect(found).toEqual(problems)
  expect(found.join()).not.toContain('do-not-tell')
})

test('what goes over plain http to another machine is warned of', () => {
  const urls = ['http://hooks.example.com/do-not-tell', 'http://127.0.0.1:9/a', 'http://localhost/a']
  const {warnings} = fleetOf(withNotify(urls.map(url => receiver(url)).join('')))
  expect(warnings).toEqual([
    'notify[0].url: what hooks.example.com is told goes there over plain http, for all on the way to read.',
  ])
})

test('in the sandbox variables need not be set, and such a receiver is left out', () => {
  const text = withNotify(receiver() + receiver('http://127.0.0.1:9/a', '"${env:SECRET}"'))
  expect(fleetOf(text, {sandbox: true, env: {SECRET}}).notify?.map(({host}) => host)).toEqual(['127.0.0.1:9'])
})
