import {AuthError} from '../../errors.ts'
import {Secret} from '../../secret.ts'

const ADVICE = [
  'Create an API token with "DNS Write" and "Zone Read" on the zone (dash.cloudflare.com, My Profile, API Tokens).',
  'Then: export CLOUDFLARE_API_TOKEN=…',
]

/** The operator's token from the environment. Throws AuthError when it is missing; the global API key is not accepted. */
export function cloudflareToken(env: Readonly<Record<string, string | undefined>>): Secret {
  const value = env.CLOUDFLARE_API_TOKEN
  if (!value) {
    const key = env.CLOUDFLARE_API_KEY
      ? ' CLOUDFLARE_API_KEY is set, but the global key reaches everything its user can: mcd takes tokens only.'
      : ''
    throw new AuthError(
      `CLOUDFLARE_API_TOKEN is not set: mcd cannot change CloudFlare's DNS without it.${key}`,
      {suggestions: ADVICE},
    )
  }
  return checkToken(new Secret(value, 'env:CLOUDFLARE_API_TOKEN'))
}

/** Refuses what would go out as an empty or broken header: the vendor's library sends it without a word. */
export function checkToken(token: Secret): Secret {
  const value = token.reveal()
  const fault =
    value.trim() === '' ? 'is blank' : /\s/.test(value) ? 'has white space in or around it' : undefined
  if (fault)
    throw new AuthError(`The CloudFlare API token (${token.origin}) ${fault}.`, {suggestions: ADVICE})
  return token
}
