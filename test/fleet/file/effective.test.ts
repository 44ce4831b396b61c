import {describe, expect, test} from 'vitest'
import {mistakesOf} from '../../../src/fleet/file/check.ts'
import {effectiveValues} from '../../../src/fleet/file/effective.ts'
import {layFiles, type ParseOptions, parseFleetFile} from '../../../src/fleet/file/parse.ts'
import {parseSettings, settingPath} from '../../../src/fleet/file/setting.ts'
import {configText, originText} from '../../../src/output/config-text.ts'
import {FLEET_FILE, fleetFile} from '../../support/fleet-file.ts'

type Over = {
  readonly text?: string
  readonly overlay?: string
  readonly settings?: string[]
  readonly env?: Record<string, string>
  readonly defaults?: boolean
}

function valuesOf({text = FLEET_FILE, overlay = '', settings = [], env = {}, defaults = false}: Over = {}) {
  const overlays = [{name: 'over.yaml', text: overlay}]
  const options: ParseOptions = {env, directory: '/fleets', overlays, settings}
  const document = layFiles({name: 'mcd.yaml', text}, options)
  return effectiveValues(document, mistakesOf(document, options), {defaults})
}

/** `value  origin` of one path. */
function told(path: string, over: Over = {}): string | undefined {
  const found = valuesOf(over).find(value => settingPath(value.path) === path)
  return found && `${JSON.stringify(found.value)}  ${originText(found.origin)}`
}

describe('each value is shown with where it comes from', () => {
  test.each<[string, string, Over, string]>([
    ['the fleet file', 'fleet', {}, '"web"  mcd.yaml:1:8'],
    [
      'an overlay',
      'groups.virginia.count',
      {overlay: 'groups:\n  virginia: {count: 3}'},
      '3  over.yaml:2:21',
    ],
    ['--set', 'groups.virginia.count', {settings: ['groups.virginia.count=4']}, '4  --set'],
    ['a mapping of --set', 'groups.virginia.count', {settings: ['groups.virginia={count: 4}']}, '4  --set'],
    ['a default', 'dns.address', {defaults: true}, '"public"  default'],
    ['a default far inside', 'drain.quiet', {defaults: true}, 'false  default'],
    [
      'a list, as one value',
      'groups.virginia.open',
      {overlay: 'groups: {virginia: {open: [80, 443]}}'},
      '[80,443]  over.yaml:1:27',
    ],
  ])('%s', (_what, path, over, expected) => {
    expect(told(path, over)).toBe(expected)
  })

  test('what was removed or replaced is not shown, and defaults only when asked for', () => {
    const over = {overlay: 'groups: {east: ~}\ndns: [{provider: route53, zone: example.com, name: www}]'}
    const paths = valuesOf(over).map(({path}) => settingPath(path))
    expect(paths).not.toContain('groups.east.count')
    expect(paths).not.toContain('dns.zone')
    expect(paths).not.toContain('dns[0].ttl')
    expect(paths).toContain('dns[0].zone')
  })

  test('a group gets the defaults of its own cloud', () => {
    const paths = valuesOf({defaults: true}).map(({path}) => settingPath(path))
    expect(paths).toContain('groups.virginia.spot')
    expect(paths).not.toContain('groups.east.spot')
  })
})

describe('no secret is shown', () => {
  const token = 'dns: {registration: self, instanceCredentials: {token: "${env:T}"}}'

  test('a variable stands as it is written, with its name beside it', () => {
    const values = valuesOf({overlay: token, env: {T: 'hidden'}})
    expect(values.find(({origin}) => origin.kind === 'env')).toEqual({
      path: ['dns', 'instanceCredentials', 'token'],
      value: '${env:T}',
      origin: {kind: 'env', variables: ['T'], file: 'over.yaml', line: 1, column: 56},
    })
    expect(JSON.stringify(values)).not.toContain('hidden')
  })

  test.each<[string, Over]>([
    ['a credential that stands in the file', {overlay: token.replace('"${env:T}"', 'hidden')}],
    ['one under a key with a slip', {overlay: token.replace('"${env:T}"', 'hidden').replace('als', 'sl')}],
    ['one of --set', {settings: ['dns.instanceCredentials.token=hidden']}],
    ['a password', {overlay: 'state: postgres://mcd:hidden@db.example.com/mcd'}],
    ['a list with a variable', {overlay: 'groups: {virginia: {type: ["${env:T}", b]}}', env: {T: 'hidden'}}],
    [
      'the address of a webhook',
      {
        overlay: 'notify: [{url: "https://hooks.example.com/hidden", secret: "${env:T}"}]',
        env: {T: 'sixteen-or-more-x'},
      },
    ],
    ['a number that a variable holds', {overlay: 'service: {port: "${env:T}"}', env: {T: '4711'}}],
  ])('%s', (_what, over) => {
    const text = configText(valuesOf(over))
    expect(text).not.toMatch(/hidden|4711/)
    expect(text).toMatch(/\*\*\*|\$\{env:T\}/)
  })
})

test.each([
  ['https://hooks.example.com/hidden/key', 'https://hooks.example.com/***'],
  ['https://hooks.example.com?key=hidden', 'https://hooks.example.com***'],
  ['https://hooks.example.com:8443/hidden', 'https://hooks.example.com:8443/***'],
  ['https://hooks.example.com\\\\hidden', '***'],
  ['https://hooks.example.com/hidden/${env:T}?key=hidden', 'https://hooks.example.com/***${env:T}***'],
  ['https://hooks.example.com/${env:T}', 'https://hooks.example.com/${env:T}'],
  ['${env:T}', '${env:T}'],
])('of the webhook %s only the host and variables are shown', (url, shown) => {
  const overlay = `notify: [{url: "${url}", secret: "\${env:SECRET}"}]`
  const env = {T: url === '${env:T}' ? 'https://hooks.example.com/hidden' : 'hidden', SECRET: 'x'.repeat(16)}
  expect(valuesOf({overlay, env}).find(({path}) => path.at(-1) === 'url')?.value).toBe(shown)
})

test('as text it is a fleet file that means the same', () => {
  const overlay =
    'userdata: {vars: {a: "x: y # z", b: "3", c: "$${env:A}", d: "one\\ntwo", "e": ""}}\ngroups: {virginia: {tags: {"a.b: c": "1"}, type: [m5.large]}}\ndns: [{provider: route53, zone: example.com, name: www, registration: mcd}]'
  const text = configText(valuesOf({overlay, defaults: true}))
  const options = {env: {}, directory: '/fleets'}
  const again = parseFleetFile(text, 'mcd.yaml', options)
  expect(again).toEqual(
    parseFleetFile(FLEET_FILE, 'mcd.yaml', {...options, overlays: [{name: 'over.yaml', text: overlay}]}),
  )
  expect(text).toContain('dns:\n  - provider: route53')
})

test('mistakes do not hide what is right', () => {
  const text = configText(valuesOf({text: fleetFile(['count: 2', 'cuont: 2'])}))
  expect(text).toMatch(/ {4}cuont: "\*\*\*" +# mcd\.yaml:12:12, has a mistake/)
  expect(text).toMatch(/^fleet: web +# mcd\.yaml:1:8$/m)
})

test('a variable that is not set stands there as it is written, and nothing else of a value with a mistake', () => {
  const overlay = 'userdata: {vars: {a: "${env:GONE}", b: "hidden ${env:GONE}"}}'
  const text = configText(valuesOf({overlay}))
  expect(text).toMatch(/^ {4}a: "\$\{env:GONE\}" +# over\.yaml:1:\d+, has a mistake$/m)
  expect(text).toMatch(/^ {4}b: "\*\*\*" +# over\.yaml:1:\d+, has a mistake$/m)
})

test.each(['groups.virginia.tags."a.b"', 'dns[0].ttl', 'a."b=c"', '"a b"'])(
  '%s is written as --set reads it',
  written => {
    const [setting] = parseSettings([`${written}=x`])
    expect(setting && settingPath(setting.path)).toBe(written)
  },
)
