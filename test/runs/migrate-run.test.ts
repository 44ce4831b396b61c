import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import type {JournalEvent} from '../../src/journal/events.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {sqliteJournal} from '../../src/journal/sqlite.ts'
import {s3Objects} from '../../src/providers/s3/store.ts'
import {migrateState} from '../../src/runs/migrate-run.ts'
import {realRuntime} from '../../src/runtime.ts'
import {awsWire} from '../../src/sandbox/wire/aws.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld} from '../../src/sandbox/world/world.ts'
import {thisRun} from '../../src/state/this-run.ts'
import {aws, fleetText} from '../support/fleet-text.ts'

/** A fleet whose journal went to S3, on the machine where it began: what it left behind still lies there. */
let folder: string
let home: string
let shared: Journal
let served: Awaited<ReturnType<typeof listen>>
let address: string

const OPENED: JournalEvent = {type: 'opened', fleet: 'web', file: 'mcd.yaml', digestKey: 'key'}
const STARTED: JournalEvent = {type: 'run-started', command: 'up', ...thisRun(), leaseMs: 30_000}
const ENDED: JournalEvent = {type: 'run-finished', exit: 0, converged: true}
const write = (journal: Journal, events: readonly JournalEvent[]) =>
  journal.append(
    1,
    events.map(event => ({atMs: 1, run: 'run-1', event})),
  )

beforeEach(async () => {
  const world = createWorld({clock: realClock, random: Math.random, hypervisor: idleHypervisor()})
  world.s3.createBucket({name: 'operator'}, 'states')
  served = await listen(awsWire(world))
  const {accessKeyId, secretAccessKey} = SANDBOX.aws.operator
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey)
  folder = mkdtempSync(join(tmpdir(), 'mcd-migrate-'))
  home = join(folder, '.mcd', 'web')
  address = `s3://states/team?endpoint=${served.url}`
  const text = fleetText({groups: {virginia: aws(1)}})
  writeFileSync(join(folder, 'mcd.yaml'), `${text}state: "${address}"\n`)
  const place = {bucket: 'states', prefix: 'team/web', endpoint: served.url, runtime: realRuntime()}
  shared = await objectJournal(s3Objects(place))
  const local = await sqliteJournal(join(home, 'journal.sqlite'))
  await write(local, [OPENED, STARTED, {type: 'moved', to: address}, ENDED])
  await local.close()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await served.close()
  rmSync(folder, {recursive: true})
})

const migrate = (to: string) =>
  migrateState({
    file: join(folder, 'mcd.yaml'),
    to,
    sandbox: false,
    wait: false,
    signal: new AbortController().signal,
  })
const readLocal = async () =>
  readRecorded(await sqliteJournal(join(home, 'journal.sqlite'), {readOnly: true}))
const aside = () => readdirSync(home).filter(name => name.includes('.moved-'))

test('a journal comes back to where it was: what it had left there is moved aside', async () => {
  await write(shared, [OPENED, STARTED, ENDED])
  await migrate('local')
  expect(await readLocal()).toMatchObject({movedTo: undefined, lease: undefined, digestKey: 'key'})
  expect((await readRecorded(shared)).movedTo).toBe('local')
  expect(aside()).toHaveLength(1)
  expect(readFileSync(join(folder, 'mcd.yaml'), 'utf8')).toContain('state: "local"')
})

test('while another run works it does not, and what lies there goes on to say where it is', async () => {
  await write(shared, [OPENED, STARTED])
  await expect(migrate('local')).rejects.toThrow(/Another run works on this fleet/)
  expect((await readLocal()).movedTo).toBe(address)
  expect(aside()).toEqual([])
})

test('where a shared place was left another one is named that it can have', async () => {
  await write(shared, [OPENED, STARTED, ENDED])
  await migrate('local')
  await expect(migrate(address)).rejects.toMatchObject({
    suggestions: [`Name another place, such as s3://states/team-2?endpoint=${served.url}`],
  })
})
