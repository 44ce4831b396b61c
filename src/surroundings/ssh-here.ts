import {existsSync} from 'node:fs'
import {homedir} from 'node:os'
import {delimiter, join} from 'node:path'
import type {SshHere} from '../doctor/ssh.ts'

const TIMEOUT_MS = 5_000
/** Any: what the user's configuration says of all hosts holds for it. */
const SOME_HOST = '192.0.2.1'

/** The ssh of this machine. Its agent is asked which keys it holds, and its configuration which files it would offer. */
export function sshHere(env: Readonly<Record<string, string | undefined>> = process.env): SshHere {
  return {
    program: (env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, 'ssh'))),
    async keys() {
      const [inAgent, files] = await Promise.all([lines('ssh-add', ['-l']), lines('ssh', ['-G', SOME_HOST])])
      const offered = files.flatMap(line => {
        const [, path] = /^identityfile (.+)$/.exec(line) ?? []
        return path === undefined ? [] : [path.replace(/^~/, homedir())]
      })
      // `256 SHA256:… comment (ED25519)`
      const held = inAgent.flatMap(line => /SHA256:\S+/.exec(line)?.[0] ?? [])
      return [...held, ...offered.filter(path => existsSync(path))]
    },
  }
}

/** What a program prints; nothing where it fails or is not there. */
async function lines(program: string, args: readonly string[]): Promise<string[]> {
  const {execa} = await import('execa')
  const {exitCode, stdout} = await execa(program, args, {reject: false, timeout: TIMEOUT_MS})
  return exitCode === 0 ? stdout.split('\n') : []
}
