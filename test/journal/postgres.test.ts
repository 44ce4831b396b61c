import {createServer, connect as dial, type Socket} from 'node:net'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {NewEvent} from '../../src/journal/journal.ts'
import type {PostgresPlace} from '../../src/journal/location.ts'
import {postgresJournal} from '../../src/journal/postgres.ts'
import {describeJournal} from '../contract/journal.ts'
import {type PostgresServer, postgresPrograms, startPostgres} from '../support/postgres.ts'

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

  describeJournal('postgres', async () => {
    const name = `web-${++journals}`
    return {open: () => postgresJournal(place(), name), close: async () => {}}
  })

  test('fleets in one database know nothing of each other', async () => {
    const [one, other] = await Promise.all([
      postgresJournal(place(), 'one'),
      postgresJournal(place(), 'other'),
    ])
    await one.append(1, [finished(1)])
    expect(await other.read()).toEqual([])
    expect(await other.append(1, [finished(2)])).toBe(2)
    await Promise.all([one.close(), other.close()])
  })

  test('an absent journal reads as an empty one, and no table is made for it', async () => {
    const reader = await postgresJournal(place({schema: 'nowhere'}), 'web', {readOnly: true})
    expect(await reader.read()).toEqual([])
    expect(await reader.loadSnapshot(1)).toBeUndefined()
    await expect(reader.append(1, [finished(1)])).rejects.toThrow(/read only/)
    const again = await postgresJournal(place({schema: 'nowhere'}), 'web', {readOnly: true})
    expect(await again.read()).toEqual([])
    await Promise.all([reader.close(), again.close()])
  })

  test('a schema of its own holds its tables', async () => {
    const [inSchema, beside] = [
      await postgresJournal(place({schema: 'team_a'}), 'web'),
      await postgresJournal(place(), 'web'),
    ]
    await inSchema.append(1, [finished(1)])
    expect(await beside.read()).toEqual([])
    await Promise.all([inSchema.close(), beside.close()])
  })

  test('an append whose reply was lost is written once, and is known as its own', async () => {
    const relay = await losingReplies(server.port)
    const journal = await postgresJournal(place({port: relay.port}), 'lost')
    relay.loseAfter('COMMIT')
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(relay.lost()).toBe(1)
    expect(await journal.append(2, [finished(2)])).toBe(3)
    expect((await journal.read()).map(({sequence}) => sequence)).toEqual([1, 2])
    await journal.close()
    relay.close()
  })

  test.each([
    ['a database that is not there', {database: 'other'}, /database "other" does not exist/],
    ['a server that is not there', {port: 1}, /could not be reached/],
  ])('%s is explained', async (_, over, words) => {
    await expect(postgresJournal(place(over), 'web')).rejects.toThrow(words)
  })
})

const finished = (exit: number): NewEvent => ({
  atMs: exit,
  run: 'run-1',
  event: {type: 'run-finished', exit, converged: true},
})

/** Passes everything on, but the reply to the first message that holds this word once it is told: there it breaks the connection. */
async function losingReplies(port: number) {
  let word: string | undefined
  let lost = 0
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = dial(port, '127.0.0.1')
    let isLosing = false
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
      client.destroy()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    loseAfter(text: string) {
      word = text
    },
    lost: () => lost,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
