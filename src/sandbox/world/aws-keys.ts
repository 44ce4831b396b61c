import {createHash} from 'node:crypto'
import type {Principal} from './calls.ts'
import type {Clock} from './clock.ts'
import {SANDBOX} from './credentials.ts'

/** Credentials of an instance's role, as its metadata service hands them out. */
export type RoleCredentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  issuedAtMs: number
  expiresAtMs: number
}

type Key = {principal: Principal; secret: string; sessionToken?: string; expiresAtMs?: number}

/** EC2 hands out role credentials for about six hours and renews them well before they end. */
const ROLE_LIFETIME_MS = 6 * 3_600_000
const RENEW_BEFORE_MS = 30 * 60_000

/** As IAM names who calls. */
export const arnOf = ({name}: Principal): string =>
  name.startsWith('role:')
    ? `arn:aws:sts::${SANDBOX.aws.account}:assumed-role/${SANDBOX.aws.instanceProfile}/${name.slice('role:'.length)}`
    : `arn:aws:iam::${SANDBOX.aws.account}:user/${name}`

/**
 * Every access key of the account: the operator's, the instances', and those of instance roles. Revoking a principal
 * makes all its keys unknown, as deleting a key in IAM does.
 */
export class AwsKeys {
  readonly #keys = new Map<string, Key>()
  readonly #roles = new Map<string, RoleCredentials>()
  readonly #revoked = new Set<string>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
    for (const name of ['operator', 'instances'] as const) {
      const {accessKeyId, secretAccessKey} = SANDBOX.aws[name]
      this.#keys.set(accessKeyId, {principal: {name}, secret: secretAccessKey})
    }
  }

  /** For `verifySigV4`. */
  secretOf(accessKeyId: string): {secret: string; sessionToken?: string} | undefined {
    return this.#live(accessKeyId)
  }

  /** Whose key this is; undefined when it is unknown, expired or revoked. */
  principalOf(accessKeyId: string): Principal | undefined {
    return this.#live(accessKeyId)?.principal
  }

  /** The role credentials of one instance: the same ones until shortly before they expire. */
  issueRole(instanceId: string): RoleCredentials {
    const nowMs = this.#clock.now()
    const current = this.#roles.get(instanceId)
    if (current && current.expiresAtMs - nowMs > RENEW_BEFORE_MS) return current
    const digest = createHash('sha256').update(`${instanceId} ${nowMs}`).digest('base64url')
    const issued: RoleCredentials = {
      accessKeyId: `ASIA${digest
        .toUpperCase()
        .replace(/[^A-Z0-9]/g, '0')
        .slice(0, 16)}`,
      secretAccessKey: digest.slice(0, 40),
      sessionToken: `sandbox-session-${instanceId}-${digest}`,
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + ROLE_LIFETIME_MS,
    }
    this.#roles.set(instanceId, issued)
    this.#keys.set(issued.accessKeyId, {
      principal: {name: `role:${instanceId}`},
      secret: issued.secretAccessKey,
      sessionToken: issued.sessionToken,
      expiresAtMs: issued.expiresAtMs,
    })
    return issued
  }

  /** Principals by name: `operator`, `instances`, `role:<instance id>`; `instances` covers the roles too. */
  revoke(principal: string): void {
    this.#revoked.add(principal)
  }

  restore(principal: string): void {
    this.#revoked.delete(principal)
  }

  #live(accessKeyId: string): Key | undefined {
    const key = this.#keys.get(accessKeyId)
    if (!key || this.#isRevoked(key.principal.name)) return undefined
    return key.expiresAtMs !== undefined && key.expiresAtMs <= this.#clock.now() ? undefined : key
  }

  #isRevoked(principal: string): boolean {
    return this.#revoked.has(principal) || (principal.startsWith('role:') && this.#revoked.has('instances'))
  }
}
