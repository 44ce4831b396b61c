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

  export type KeyRing = {
    addPlugin(plugin: object): void
    list(callback: Callback<Record<string, KeyPair[]>>): void
  }

  const auth: {
    KeyRing: new (options: {plugins: []}) => KeyRing
    privateKeySigner(options: {key: string; user: string; subuser?: string}): object
    requestSigner(options: {sign: object; user: string; subuser?: string}): RequestSigner
  }
  export default auth
}

/** Keys of an ssh agent. */
declare module 'smartdc-auth/lib/kr-agent.js' {
  const AgentPlugin: new (
    ring: import('smartdc-auth').KeyRing,
    options: {sshAgentOpts: {socketPath: string}},
  ) => object
  export default AgentPlugin
}

/** Keys in the files of a folder. */
declare module 'smartdc-auth/lib/kr-homedir.js' {
  const FolderPlugin: new (ring: import('smartdc-auth').KeyRing, options: {keyDir: string}) => object
  export default FolderPlugin
}
