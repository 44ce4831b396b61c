import {execFileSync, spawn} from 'node:child_process'
import {chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {eventually} from './eventually.ts'

export type PostgresServer = {
  readonly port: number
  /** The superuser. */
  readonly user: string
  /** Ends every connection, and is back on the same port. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Where Debian keeps the server's programs, which are not on PATH; undefined where none is installed. */
export function postgresPrograms(): string | undefined {
  const home = '/usr/lib/postgresql'
  try {
    const [newest] = readdirSync(home).sort((a, b) => Number(b) - Number(a))
    return newest === undefined ? undefined : join(home, newest, 'bin')
  } catch {
    return undefined
  }
}

/**
 * A server of its own on loopback, empty, that ends with the test; with a certificate it speaks TLS, too. It refuses to run as
 * root: there it is `postgres`.
 */
export async function startPostgres(
  certificate?: Readonly<Record<'cert' | 'key', string>>,
): Promise<PostgresServer> {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'mcd-postgres-'))
  const identity = process.getuid?.() === 0 ? ownerOf('postgres') : undefined
  if (identity) chownSync(folder, identity.uid, identity.gid)
  const data = join(folder, 'data')
  const user = 'mcd'
  execFileSync(
    join(programs, 'initdb'),
    [
      '--pgdata',
      data,
      '--username',
      user,
      '--auth',
      'trust',
      '--no-sync',
      '--encoding',
      'UTF8',
      '--locale',
      'C',
    ],
    {...identity, cwd: folder, stdio: 'pipe'},
  )
  const port = await freePort()
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'fsync=off',
  ]
  if (certificate) {
    for (const [file, text] of [
      ['server.crt', certificate.cert],
      ['server.key', certificate.key],
    ] as const) {
      writeFileSync(join(data, file), text, {mode: 0o600})
      if (identity) chownSync(join(data, file), identity.uid, identity.gid)
    }
    settings.push('ssl=on')
  }
  const start = async () => {
    const server = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...settings.flatMap(setting => ['-c', setting])],
      {...identity, cwd: folder, stdio: 'ignore'},
    )
    const ended = new Promise<void>(resolve => server.once('exit', () => resolve()))
    await eventually(() => {
      execFileSync(join(programs, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], {stdio: 'ignore'})
      return true
    })
    return async () => {
      server.kill('SIGINT')
      await ended
    }
  }
  let stop = await start()
  return {
    port,
    user,
    async restart() {
      await stop()
      stop = await start()
    },
    async close() {
      await stop()
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

function ownerOf(name: string): {uid: number; gid: number} {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], {encoding: 'utf8'}))
  return {uid: id('-u'), gid: id('-g')}
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
