import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {AuthError} from '../../../src/errors.ts'
import {loadProfile} from '../../../src/providers/joyent/profile.ts'

const URL_A = 'https://a.example.com'
const KEY_ID = '0d:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f'
const VARIABLES = {TRITON_URL: URL_A, TRITON_ACCOUNT: 'me', TRITON_KEY_ID: KEY_ID}
const FILE = {url: URL_A, account: 'me', keyId: KEY_ID}

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcd-profile-'))
})
afterEach(() => rmSync(home, {recursive: true, force: true}))

function writeProfile(name: string, content: unknown, folder = join(home, '.triton')): void {
  mkdirSync(join(folder, 'profiles.d'), {recursive: true})
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  writeFileSync(join(folder, 'profiles.d', `${name}.json`), text)
}

const setCurrent = (profile: string, folder = join(home, '.triton')) =>
  writeFileSync(join(folder, 'config.json'), JSON.stringify({profile}))

const load = (env: Record<string, string> = {}, place: {endpoint?: string; profile?: string} = {}) =>
  loadProfile(place, {env, home, platform: 'linux'})

const messageOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    expect(error).toBeInstanceOf(AuthError)
    return (error as AuthError).message
  }
  return expect.unreachable('it was accepted')
}

describe('from the variables', () => {
  test.each([
    ['TRITON_*', VARIABLES],
    ['SDC_*', {SDC_URL: URL_A, SDC_ACCOUNT: 'me', SDC_KEY_ID: KEY_ID}],
    [
      'TRITON_* before SDC_*',
      {...VARIABLES, SDC_URL: 'https://b.example.com', SDC_ACCOUNT: 'you', SDC_KEY_ID: 'x'},
    ],
    ['an empty one counts as unset', {...VARIABLES, TRITON_ACCOUNT: '', SDC_ACCOUNT: 'me'}],
    ['a final slash is dropped', {...VARIABLES, TRITON_URL: `${URL_A}/`}],
  ])('%s', (_rule, env) => {
    expect(load(env)).toEqual({name: 'env', url: URL_A, account: 'me', keyId: KEY_ID, insecure: false})
  })

  test('sub-user, roles and another account', () => {
    const env = {...VARIABLES, SDC_USER: 'ops', TRITON_ROLE: 'a,b', TRITON_ACT_AS: 'them'}
    expect(load(env)).toMatchObject({user: 'ops', roles: ['a', 'b'], actAsAccount: 'them'})
  })

  test.each([
    [{TRITON_TLS_INSECURE: '1'}, true],
    [{TRITON_TLS_INSECURE: 'false', SDC_TESTING: '1'}, false],
    [{SDC_TLS_INSECURE: 'true'}, true],
    [{SDC_TESTING: 'no'}, true],
    [{SDC_TESTING: ''}, false],
  ])('%o: certificate unchecked %s', (env, insecure) => {
    expect(load({...VARIABLES, ...env} as Record<string, string>).insecure).toBe(insecure)
  })

  test('everything that is missing or wrong is said at once', () => {
    const message = messageOf(() => load({TRITON_URL: 'nonsense', TRITON_TLS_INSECURE: 'maybe'}))
    for (const part of ['TRITON_ACCOUNT', 'SDC_KEY_ID', '"nonsense"', 'TRITON_TLS_INSECURE'])
      expect(message).toContain(part)
  })

  test('an endpoint of the place takes the place of the URL, which may then be missing', () => {
    const {TRITON_URL: _none, ...rest} = VARIABLES
    expect(load(rest, {endpoint: 'https://b.example.com'}).url).toBe('https://b.example.com')
    expect(load(VARIABLES, {endpoint: 'https://b.example.com/'}).url).toBe('https://b.example.com')
  })
})

describe('from the files of the triton CLI', () => {
  test('the place names it', () => {
    writeProfile('east', {...FILE, account: 'other', insecure: true, roles: ['r']})
    expect(load(VARIABLES, {profile: 'east'})).toEqual({
      name: 'east',
      url: URL_A,
      account: 'other',
      keyId: KEY_ID,
      insecure: true,
      roles: ['r'],
    })
  })

  test('TRITON_PROFILE comes before the current one, which comes before the variables', () => {
    writeProfile('east', {...FILE, account: 'east'})
    writeProfile('west', {...FILE, account: 'west'})
    setCurrent('west')
    expect(load(VARIABLES).account).toBe('west')
    expect(load({...VARIABLES, TRITON_PROFILE: 'east'}).account).toBe('east')
    expect(load({...VARIABLES, TRITON_PROFILE: 'env'}).account).toBe('me')
    expect(load({...VARIABLES, TRITON_PROFILE: 'east'}, {profile: 'env'}).account).toBe('me')
  })

  test('XDG_CONFIG_HOME moves the folder', () => {
    writeProfile('east', {...FILE, account: 'moved'}, join(home, 'xdg', 'triton'))
    expect(load({XDG_CONFIG_HOME: join(home, 'xdg')}, {profile: 'east'}).account).toBe('moved')
  })

  test.each<[string, unknown, string[]]>([
    ['a name inside', {...FILE, name: 'east'}, ['must not have a "name"']],
    ['an unknown field', {...FILE, acount: 'me'}, ['unknown field "acount"', 'did you mean "account"?']],
    ['missing fields', {url: URL_A}, ['"account" is missing', '"keyId" is missing']],
    [
      'fields of the wrong kind',
      {...FILE, insecure: 'yes', roles: 'a'},
      ['must be true or false', 'must be a list'],
    ],
    ['no JSON', '{', ['is not a JSON object']],
    ['a list', '[]', ['is not a JSON object']],
  ])('%s is refused', (_what, content, parts) => {
    writeProfile('east', content)
    const message = messageOf(() => load({}, {profile: 'east'}))
    for (const part of parts) expect(message).toContain(part)
  })

  test('a profile that is not there is refused with the nearest name', () => {
    writeProfile('east', FILE)
    expect(messageOf(() => load({}, {profile: 'eats'}))).toContain('did you mean "east"?')
    expect(messageOf(() => load({}, {profile: 'nothing-like-it'}))).toContain('there are: east')
  })
})
