import {createServer, connect as dial, type Socket} from 'node:net'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import type {Journal, NewEvent} from '../../src/journal/journal.ts'
import {type PostgresPlace, parseLocation} from '../../src/journal/location.ts'
import {postgresJournal} from '../../src/journal/postgres.ts'
import {postgresGrants} from '../../src/policy/state.ts'
import {type Runtime, realRuntime} from '../../src/runtime.ts'
import {openPlace} from '../../src/state/open.ts'
import {describeJournal} from '../contract/journal.ts'
import {eventually} from '../support/eventually.ts'
import {ownCertificate} from '../support/own-certificate.ts'
import {type PostgresServer, postgresPrograms, startPostgres} from '../support/postgres.ts'
import {has} from '../support/programs.ts'

const isInstalled = postgresPrograms() !== undefined

describe.skipIf(!isInstalled)('PostgreSQL (needs postgresql)', () => {
  let server: PostgresServer
  let journals = 0
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.close())

  const place = (over: Partial<PostgresPlace> = {}): PostgresPlace => ({
    kind: 'postgres',
    host: '127.0.0.1',
    port: server.port,
    database: 'postgres',
    user: server.user,
    sslmode: 'disable',
    ...over,
  })

  const opened: Journal[] = []
  afterEach(() => Promise.all(opened.splice(0).map(journal => journal.close())))
  const open = async (
    over: Partial<PostgresPlace> = {},
    name = `web-${++journals}`,
    runtime: Runtime = hasty(),
  ) => {
    const journal = await postgresJournal(place(over), name, {runtime})
    opened.push(journal)
    return journal
  }

  describeJournal('postgres', async () => {
    const name = `web-${++journals}`
    return {open: () => open({}, name), close: async () => {}}
  })

  test('fleets in one database know nothing of each other', async () => {
    const [one, other] = await Promise.all([open({}, 'one'), open({}, 'other')])
    await one.append(1, [finished(1)])
    expect(await other.read()).toEqual([])
    expect(await other.append(1, [finished(2)])).toBe(2)
  })

  test('an absent journal reads as an empty one, and no table is made for it', async () => {
    const reader = await postgresJournal(place({schema: 'nowhere'}), 'web', {
      readOnly: true,
      runtime: hasty(),
    })
    expect(await reader.read()).toEqual([])
    expect(await reader.loadSnapshot(1)).toBeUndefined()
    await expect(reader.append(1, [finished(1)])).rejects.toThrow(/read only/)
    const again = await postgresJournal(place({schema: 'nowhere'}), 'web', {
      readOnly: true,
      runtime: hasty(),
    })
    expect(await again.read()).toEqual([])
    await Promise.all([reader.close(), again.close()])
  })

  test('a schema of its own holds its tables', async () => {
    const [inSchema, beside] = [await open({schema: 'Team_A'}, 'web'), await open({}, 'web')]
    await inSchema.append(1, [finished(1)])
    expect(await beside.read()).toEqual([])
  })

  test('an append whose reply was lost is written once, and is known as its own', async () => {
    const relay = await relayTo(server.port)
    const journal = await open({port: relay.port})
    relay.loseAfter('INSERT INTO')
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(relay.lost()).toBe(1)
    expect(await journal.append(2, [finished(2)])).toBe(3)
    expect((await journal.read()).map(({sequence}) => sequence)).toEqual([1, 2])
    relay.close()
  })

  /** As the superuser. Returns the rows of the last statement. */
  async function asAdmin(...statements: readonly string[]): Promise<readonly object[]> {
    const {default: postgres} = await import('postgres')
    const {port, user} = server
    const sql = postgres({host: '127.0.0.1', port, user, database: 'postgres', max: 1, onnotice: () => {}})
    let rows: readonly object[] = []
    for (const statement of statements) rows = await sql.unsafe(statement)
    await sql.end()
    return rows
  }

  test('a role that may not create anything works on tables that are there', async () => {
    await (await open({schema: 'made_before'})).close()
    await asAdmin(
      'CREATE ROLE runner LOGIN',
      'GRANT USAGE ON SCHEMA made_before TO runner',
      'GRANT SELECT ON ALL TABLES IN SCHEMA made_before TO runner',
      'GRANT INSERT ON made_before.mcd_events, made_before.mcd_snapshots TO runner',
      'GRANT UPDATE ON made_before.mcd_snapshots TO runner',
    )
    const journal = await open({schema: 'made_before', user: 'runner'})
    expect(await journal.append(1, [finished(1)])).toBe(2)
    await journal.saveSnapshot({fold: 1, sequence: 1, state: '{}'})
    await journal.saveSnapshot({fold: 1, sequence: 2, state: '{}'})
    expect(await journal.read()).toHaveLength(1)
  })

  test('what "mcd policy" prints is enough, without the right to make schemas', async () => {
    const given = place({schema: 'Given', user: 'tenant'})
    await asAdmin('CREATE ROLE tenant LOGIN', ...postgresGrants(given).statements)
    const journal = await open(given)
    expect(await journal.append(1, [finished(1)])).toBe(2)
  })

  test('a role that may do nothing is told what to ask for', async () => {
    await asAdmin('CREATE ROLE nobody LOGIN')
    const error = await open({schema: 'theirs', user: 'nobody'}).catch((refused: unknown) => refused)
    expect(error).toMatchObject({
      name: 'AuthError',
      message: expect.stringContaining('permission denied for database postgres'),
      suggestions: [expect.stringContaining('GRANT')],
    })
  })

  test('whoever may open a journal and not read it is refused, and no connection stays behind', async () => {
    await (await open({schema: 'half'})).close()
    await asAdmin(
      'CREATE ROLE visitor LOGIN',
      'GRANT USAGE ON SCHEMA half TO visitor',
      'GRANT SELECT ON half.mcd_format TO visitor',
    )
    const owner = {name: 'web', dns: 'www.example.com', file: 'mcd.yaml'}
    const opening = openPlace({...owner, state: place({schema: 'half', user: 'visitor'})}, {sandbox: false})
    await expect(opening).rejects.toThrow(/permission denied for table mcd_/)
    const left = "SELECT 1 FROM pg_stat_activity WHERE usename = 'visitor'"
    await eventually(async () => (await asAdmin(left)).length === 0)
  })

  test('where transactions are serializable by default, of two who append at once one loses as elsewhere', async () => {
    await asAdmin(
      'CREATE ROLE strict LOGIN',
      'CREATE SCHEMA AUTHORIZATION strict',
      'ALTER ROLE strict SET default_transaction_isolation = serializable',
    )
    const [one, other] = await Promise.all([
      open({schema: 'strict', user: 'strict'}, 'web'),
      open({schema: 'strict', user: 'strict'}, 'web'),
    ])
    for (let next = 1; next <= 20; next++) {
      const outcomes = await Promise.allSettled([
        one.append(next, [finished(1)]),
        other.append(next, [finished(2)]),
      ])
      const lost = outcomes.flatMap(outcome => (outcome.status === 'rejected' ? [outcome.reason.name] : []))
      expect(lost).toEqual(['LostAppendError'])
    }
  })

  test("it knows how far its server's clock is ahead of a machine's that is four minutes behind", async () => {
    const behindMs = Date.now() - 240_000
    const behind = await open({}, 'behind', {...hasty(), now: () => behindMs})
    expect(behind.clockAheadMs).toBeGreaterThan(238_000)
    expect((await open({}, 'behind')).clockAheadMs).toBe(0)
  })

  test('it is reached by its address of IPv6', async context => {
    const relay = await relayTo(server.port, '::1').catch(() => context.skip('this system has no IPv6'))
    const location = parseLocation(`postgres://${server.user}@[::1]:${relay.port}/postgres`)
    if ('problem' in location || location.kind !== 'postgres') throw new Error('no place')
    expect(await (await open(location)).append(1, [finished(1)])).toBe(2)
    relay.close()
  })

  test('a server that was started again in the meantime is gone on with', async () => {
    const journal = await open()
    await journal.append(1, [finished(1)])
    await server.restart()
    expect(await journal.append(2, [finished(2)])).toBe(3)
    await server.restart()
    expect((await journal.read()).map(({sequence}) => sequence)).toEqual([1, 2])
  })

  test('an append that gets no answer is given up, and sent again over another connection', async () => {
    const relay = await relayTo(server.port)
    const journal = await open({port: relay.port}, 'silenced', hasty({deadlineMs: 1_000}))
    const before = relay.connections()
    relay.silence('INSERT INTO')
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(relay.connections()).toBeGreaterThan(before)
    expect(await journal.read()).toHaveLength(1)
    relay.close()
  })

  test('what a pooler in between would refuse is not asked of it', async () => {
    const relay = await relayTo(server.port)
    await (await open({port: relay.port, schema: 'pooled'})).append(1, [finished(1)])
    // PgBouncer, "ignore_startup_parameters": these it knows, any other ends the connection.
    const known = ['user', 'database', 'client_encoding', 'application_name']
    expect(relay.startup().filter((_, index) => index % 2 === 0 && !known.includes(_))).toEqual([])
    expect(relay.startup()).toContain('client_encoding')
    relay.close()
  })

  test.skipIf(!has('openssl'))(
    'a certificate that nobody vouches for is taken or refused as sslmode says (needs openssl)',
    async () => {
      const secured = await startPostgres(ownCertificate())
      const {port} = secured
      try {
        for (const sslmode of ['prefer', 'require'] as const)
          expect(await (await open({port, sslmode})).append(1, [finished(1)])).toBe(2)
        const refused = await open({port, sslmode: 'verify-full'}).catch((error: unknown) => error)
        expect(refused).toMatchObject({
          message: expect.stringMatching(/certificate.*self-signed/),
          suggestions: [expect.stringContaining('NODE_EXTRA_CA_CERTS')],
        })
      } finally {
        await Promise.all(opened.splice(0).map(journal => journal.close()))
        await secured.close()
      }
    },
  )

  test.each<[string, Partial<PostgresPlace>, RegExp]>([
    ['a database that is not there', {database: 'other'}, /database "other" does not exist/],
    ['a server that is not there', {port: 1}, /could not be reached/],
    ['a server without TLS where TLS is wanted', {sslmode: 'require'}, /speaks no TLS/],
  ])('%s is explained', async (_, over, words) => {
    await expect(open(over)).rejects.toThrow(words)
  })
})

/** Real time, but nobody pauses before the next attempt. Deadlines, which can be called off, stay, or pass sooner where one is waited for. */
function hasty({deadlineMs = Number.POSITIVE_INFINITY} = {}): Runtime {
  const runtime = realRuntime()
  return {...runtime, sleep: (ms, cancel) => runtime.sleep(cancel ? Math.min(ms, deadlineMs) : 0, cancel)}
}

const finished = (exit: number): NewEvent => ({
  atMs: exit,
  run: 'run-1',
  event: {type: 'run-finished', exit, converged: true},
})

/**
 * Passes everything on, but the reply to the first message that holds a word once it is told: there it breaks the connection,
 * or falls silent.
 */
async function relayTo(port: number, host = '127.0.0.1') {
  let word: string | undefined
  let isBreaking = true
  let lost = 0
  let connections = 0
  let startup: readonly string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = dial(port, '127.0.0.1')
    let isLosing = false
    connections++
    // PostgreSQL, "Message Formats", StartupMessage: length and version, then names and values, each ended by a zero.
    client.once('data', data => {
      startup = data.subarray(8).toString().split('\0').filter(Boolean)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', data => {
      if (word !== undefined && data.toString('latin1').toUpperCase().includes(word)) {
        word = undefined
        isLosing = true
      }
      upstream.write(data)
    })
    upstream.on('data', data => {
      if (!isLosing) return void client.write(data)
      // It was carried out: that is what the reply would have said.
      lost++
      if (isBreaking) client.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    loseAfter(text: string) {
      word = text
      isBreaking = true
    },
    silence(text: string) {
      word = text
      isBreaking = false
    },
    lost: () => lost,
    connections: () => connections,
    startup: () => startup,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
