import {expect, test} from 'vitest'
import {AuthError} from '../../../src/errors.ts'
import {cloudflareDns} from '../../../src/providers/cloudflare/dns.ts'
import {cloudflareToken} from '../../../src/providers/cloudflare/token.ts'
import {realRuntime} from '../../../src/runtime.ts'
import {Secret} from '../../../src/secret.ts'

test('the token comes from CLOUDFLARE_API_TOKEN', () => {
  const token = cloudflareToken({CLOUDFLARE_API_TOKEN: 'abc'})
  expect([token.reveal(), token.origin, String(token)]).toEqual(['abc', 'env:CLOUDFLARE_API_TOKEN', '***'])
})

test.each([
  ['missing', {}, 'is not set'],
  ['empty', {CLOUDFLARE_API_TOKEN: ''}, 'is not set'],
  ['blank', {CLOUDFLARE_API_TOKEN: '  '}, 'is blank'],
  ['padded', {CLOUDFLARE_API_TOKEN: 'padded-secret\n'}, 'white space'],
  ['a global key instead', {CLOUDFLARE_API_KEY: 'global-secret'}, 'mcd takes tokens only'],
] as [string, Record<string, string>, string][])(
  '%s is refused with what to do, and without the secret',
  (_what, env, why) => {
    const reading = () => cloudflareToken(env)
    expect(reading).toThrow(AuthError)
    expect(reading).toThrow(why)
    expect(reading).not.toThrow('secret')
    try {
      reading()
    } catch (error) {
      expect((error as AuthError).suggestions.join(' ')).toContain('CLOUDFLARE_API_TOKEN')
    }
  },
)

test.each(['', ' ', ' abc', 'abc\n', 'a bc'])('a token of %j is refused before any call', value => {
  const fetch = () => expect.unreachable()
  expect(() => cloudflareDns({runtime: realRuntime(), apiToken: new Secret(value, 'file'), fetch})).toThrow(
    AuthError,
  )
})
