import {readdirSync, readFileSync} from 'node:fs'
import {homedir} from 'node:os'
import {join} from 'node:path'
import {AuthError} from '../../errors.ts'
import {nearest} from '../../nearest.ts'
import type {Place} from '../compute.ts'

/** Who signs, and where: what node-triton calls a profile. */
export type TritonProfile = {
  /** `env` stands for the TRITON_* and SDC_* variables. */
  readonly name: string
  /** CloudAPI's address, without a final slash. */
  readonly url: string
  readonly account: string
  /** Fingerprint of the key, MD5 or `SHA256:…`. */
  readonly keyId: string
  /** Sub-user of the account. */
  readonly user?: string
  readonly roles?: readonly string[]
  /** Another account that the calls are about; the key stays the one of `account`. */
  readonly actAsAccount?: string
  /** The server's certificate is not checked. */
  readonly insecure: boolean
}

type Surroundings = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly home?: string
  readonly platform?: NodeJS.Platform
}

/**
 * The profile a place is reached with, found as node-triton finds it: the place's own profile, else TRITON_PROFILE, else
 * the current one of `config.json`, else the variables. An endpoint of the place takes the place of the profile's URL.
 * Throws AuthError with every mistake and what to do. Source: lib/config.js of node-triton.
 */
export function loadProfile(
  place: Pick<Place, 'endpoint' | 'profile'>,
  {env = process.env, home = homedir(), platform = process.platform}: Surroundings = {},
): TritonProfile {
  const folder = configFolder(env, home, platform)
  const name = place.profile ?? set(env.TRITON_PROFILE) ?? currentProfile(folder) ?? 'env'
  const read = name === 'env' ? fromVariables(env, place.endpoint) : fromFile(folder, name, place.endpoint)
  return read.problems.length === 0 ? read.profile : refuse(name, read.problems)
}

type Read = {profile: TritonProfile; problems: string[]}

function fromVariables(env: NonNullable<Surroundings['env']>, endpoint: string | undefined): Read {
  const problems: string[] = []
  const either = (suffix: string) => set(env[`TRITON_${suffix}`]) ?? set(env[`SDC_${suffix}`])
  const needed = (suffix: string, meaning: string) => {
    const value = either(suffix)
    if (value === undefined) problems.push(`TRITON_${suffix} (or SDC_${suffix}) is not set: ${meaning}`)
    return value ?? ''
  }
  const url = endpoint ?? needed('URL', 'the address of CloudAPI; or give the group an "endpoint"')
  const account = needed('ACCOUNT', 'the login of your account')
  const keyId = needed('KEY_ID', 'the fingerprint of your SSH key')
  checkUrl(url, problems)
  const user = either('USER')
  const roles = set(env.TRITON_ROLE)?.split(',')
  const actAsAccount = set(env.TRITON_ACT_AS)
  return {
    profile: {
      name: 'env',
      url: withoutSlash(url),
      account,
      keyId,
      insecure: insecureFrom(env, problems),
      ...(user ? {user} : {}),
      ...(roles ? {roles} : {}),
      ...(actAsAccount ? {actAsAccount} : {}),
    },
    problems,
  }
}

function insecureFrom(env: NonNullable<Surroundings['env']>, problems: string[]): boolean {
  for (const name of ['TRITON_TLS_INSECURE', 'SDC_TLS_INSECURE']) {
    const value = set(env[name])
    if (value === undefined) continue
    if (/^(1|true)$/i.test(value)) return true
    if (!/^(0|false)$/i.test(value)) problems.push(`${name} must be true or false, not "${value}"`)
    return false
  }
  // The old smartdc tools took any value for true.
  return set(env.SDC_TESTING) !== undefined
}

/** Fields of a profile file and the kinds of their values. */
const FIELDS: Record<string, 'string' | 'boolean' | 'strings'> = {
  url: 'string',
  account: 'string',
  keyId: 'string',
  insecure: 'boolean',
  user: 'string',
  roles: 'strings',
  actAsAccount: 'string',
}

function fromFile(folder: string, name: string, endpoint: string | undefined): Read {
  const path = join(folder, 'profiles.d', `${name}.json`)
  const content = readJson(path)
  if (content === undefined) return refuse(name, [noSuchProfile(folder, name, path)])
  const problems: string[] = []
  for (const [field, value] of Object.entries(content)) {
    const kind = FIELDS[field]
    if (field === 'name')
      problems.push(`${path} must not have a "name": the file's own name is the profile's`)
    else if (!kind)
      problems.push(
        `${path} has an unknown field "${field}"${didYouMean(nearest(field, Object.keys(FIELDS)))}`,
      )
    else if (!hasKind(value, kind)) problems.push(`"${field}" in ${path} must be ${KIND_WORDS[kind]}`)
  }
  for (const field of ['url', 'account', 'keyId'])
    if (!content[field] && !(field === 'url' && endpoint)) problems.push(`"${field}" is missing in ${path}`)
  const {account, keyId, insecure, user, roles, actAsAccount} = content
  const url = String(endpoint ?? content.url ?? '')
  checkUrl(url, problems)
  return {
    profile: {
      name,
      url: withoutSlash(url),
      account: String(account),
      keyId: String(keyId),
      insecure: insecure === true,
      ...(user ? {user: String(user)} : {}),
      ...(Array.isArray(roles) ? {roles: roles.map(String)} : {}),
      ...(actAsAccount ? {actAsAccount: String(actAsAccount)} : {}),
    },
    problems,
  }
}

const KIND_WORDS = {string: 'text', boolean: 'true or false', strings: 'a list of texts'}

function hasKind(value: unknown, kind: 'string' | 'boolean' | 'strings'): boolean {
  if (kind === 'strings') return Array.isArray(value) && value.every(item => typeof item === 'string')
  return typeof value === kind
}

function noSuchProfile(folder: string, name: string, path: string): string {
  let known: string[] = []
  try {
    known = readdirSync(join(folder, 'profiles.d'))
      .filter(file => file.endsWith('.json'))
      .map(file => file.slice(0, -'.json'.length))
  } catch {
    // No folder, no profiles: the message says so.
  }
  const meant = didYouMean(nearest(name, known))
  return `there is no profile "${name}" (${path})${meant || (known.length ? `; there are: ${known.join(', ')}` : '')}`
}

/** The name that `triton profile set-current` left behind. */
function currentProfile(folder: string): string | undefined {
  const path = join(folder, 'config.json')
  const {profile} = readJson(path) ?? {}
  return typeof profile === 'string' ? set(profile) : undefined
}

/** undefined where there is no such file. */
function readJson(path: string): Record<string, unknown> | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AuthError(`${path} cannot be read: ${(error as Error).message}`, {cause: error})
  }
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content === 'object' && content !== null && !Array.isArray(content))
      return content as Record<string, unknown>
  } catch {
    // Said below, like JSON that is no object.
  }
  throw new AuthError(`${path} is not a JSON object.`, {
    suggestions: ['Correct the file, or make it anew with "triton profile create".'],
  })
}

function configFolder(
  env: NonNullable<Surroundings['env']>,
  home: string,
  platform: NodeJS.Platform,
): string {
  if (platform === 'win32') return join(env.APPDATA ?? home, 'Joyent', 'Triton')
  const xdg = set(env.XDG_CONFIG_HOME)
  return xdg === undefined ? join(home, '.triton') : join(xdg, 'triton')
}

function checkUrl(url: string, problems: string[]): void {
  if (url !== '' && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    problems.push(`"${url}" is not an http(s) URL`)
}

function refuse(name: string, problems: string[]): never {
  const which = name === 'env' ? 'from the environment' : `profile "${name}"`
  throw new AuthError(`Triton credentials ${which}:\n${problems.map(problem => `  ${problem}`).join('\n')}`, {
    suggestions: [
      'Set TRITON_URL, TRITON_ACCOUNT and TRITON_KEY_ID, or name a profile of the triton CLI with "profile" in the group.',
      '"triton profile create" makes one; "triton profile list" shows those there are.',
    ],
  })
}

const set = (value: string | undefined) => (value === '' ? undefined : value)
const withoutSlash = (url: string) => url.replace(/\/+$/, '')
const didYouMean = (meant: string | undefined) => (meant ? `: did you mean "${meant}"?` : '')
