/** What mcd uses of smartdc-auth 2.6.0, which carries no types. */
declare module 'smartdc-auth' {
  export type Callback<T> = (error: Error | null, value?: T) => void

  /** Collects what is signed, line by line, then signs it (http-signature's RequestSigner). */
  export type RequestSigner = {
    writeTarget(method: string, path: string): void
    writeHeader(name: string, value: string): string
    /** Gives the Authorization header. */
    sign(callback: Callback<string>): void
  }

  export type KeyPair = {
    /** Where it was found: `agent`, `homedir`. */
    readonly plugin: string
    /** A file name, of keys from files. */
    readonly source?: string
    /** MD5 fingerprint, colon-separated hex. */
    getKeyId(): string
    getPublicKey(): {fingerprint(algorithm: 'sha256' | 'md5'): {toString(): string}}
    /** False where only the public half was found. */
    canSign(): boolean
    isLocked(): boolean
    unlock(passphrase: string): void
    createRequestSigner(options: {user: string; subuser?: string}): RequestSigner
  }

  type KeyRingOptions = {
    plugins: ('agent' | 'homedir')[]
    sshAgentOpts?: {socketPath: string}
    /** Instead of `~/.ssh`. */
    keyDir?: string
  }

  const auth: {
    KeyRing: new (options: KeyRingOptions) => {list(callback: Callback<Record<string, KeyPair[]>>): void}
    privateKeySigner(options: {key: string; user: string; subuser?: string}): object
    requestSigner(options: {sign: object; user: string; subuser?: string}): RequestSigner
  }
  export default auth
}
