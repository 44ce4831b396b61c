import {Bucket} from '../bucket.ts'
import type {Clock} from '../clock.ts'
import {stableId} from './catalogue.ts'
import {type FirewallRule, type SshKey, THROTTLE} from './model.ts'
import {Rbac} from './rbac.ts'
import {invalidArgument, notFound} from './refusal.ts'
import {type PublicKey, parsePublicKey} from './ssh-key.ts'

type RegisteredKey = SshKey & {readonly parsed: PublicKey}

/** One login: its keys, its sub-users and their keys, its firewall rules and its share of requests. */
export class Account {
  readonly login: string
  readonly id: string
  readonly createdMs: number
  readonly bucket: Bucket
  readonly rules = new Map<string, FirewallRule>()
  readonly rbac: Rbac
  /** Container name service: it shortens the longest name an instance may have. */
  cnsEnabled = false
  /** Instances it may have at once; the limits plugin says so with a 403. */
  quota = Number.POSITIVE_INFINITY
  readonly #keys = new Map<string, RegisteredKey>()
  readonly #users = new Map<string, Map<string, RegisteredKey>>()

  constructor(login: string, clock: Clock) {
    this.login = login
    this.id = stableId(`account ${login}`)
    this.createdMs = clock.now()
    this.rbac = new Rbac(login)
    this.bucket = new Bucket(clock, THROTTLE.burst, THROTTLE.perSecond)
  }

  get keys(): SshKey[] {
    return [...this.#keys.values()].map(({name, fingerprint, key}) => ({name, fingerprint, key}))
  }

  keysOf(user: string): SshKey[] {
    return [...this.#keysOf(user).values()].map(({name, fingerprint, key}) => ({name, fingerprint, key}))
  }

  /** Registers an OpenSSH public key, of the account itself or of a sub-user. The name is the fingerprint when not given. */
  addKey(line: string, {name, user}: {name?: string | undefined; user?: string} = {}): SshKey {
    let parsed: PublicKey
    try {
      parsed = parsePublicKey(line)
    } catch {
      throw invalidArgument('Invalid SSH key')
    }
    const keys = this.#keysOf(user)
    const {fingerprint, openSsh} = parsed
    if (keys.has(fingerprint) || [...keys.values()].some(key => key.name === name))
      throw invalidArgument(`${name ?? fingerprint} already exists`)
    const registered = {name: name ?? fingerprint, fingerprint, key: openSsh, parsed}
    keys.set(fingerprint, registered)
    return {name: registered.name, fingerprint, key: openSsh}
  }

  getKey(nameOrFingerprint: string): SshKey {
    const found = this.keys.find(
      ({name, fingerprint}) => name === nameOrFingerprint || fingerprint === nameOrFingerprint,
    )
    if (!found) throw notFound(`${nameOrFingerprint} does not exist`)
    return found
  }

  /** What it signed is refused from now on. */
  removeKey(nameOrFingerprint: string): void {
    this.#keys.delete(this.getKey(nameOrFingerprint).fingerprint)
  }

  /** For checking a signature; undefined when nobody registered it. */
  verificationKey(nameOrFingerprint: string, user?: string): PublicKey | undefined {
    const keys = user === undefined ? this.#keys : this.#users.get(user)
    if (!keys) return undefined
    return (keys.get(nameOrFingerprint) ?? [...keys.values()].find(({name}) => name === nameOrFingerprint))
      ?.parsed
  }

  #keysOf(user: string | undefined): Map<string, RegisteredKey> {
    if (user === undefined) return this.#keys
    const keys = this.#users.get(user) ?? new Map<string, RegisteredKey>()
    this.#users.set(user, keys)
    return keys
  }
}
