import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {examineState} from '../../src/doctor/state.ts'
import type {Standing} from '../../src/fleet/turn/lease.ts'
import type {Lease} from '../../src/journal/fold-lease.ts'
import {parseLocation, type StateLocation} from '../../src/journal/location.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {fleet, group, NOW_MS} from '../support/fleet-builder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-state-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const LEASE = {
  run: 'run-1',
  command: 'up',
  user: 'ann',
  host: 'laptop',
  pid: 4711,
  startedAtMs: NOW_MS,
} as Lease

async function look(standing: Standing, state = 'local', events = 0) {
  const location = parseLocation(state) as StateLocation
  const journal = memoryJournal()
  const opened = {type: 'opened' as const, fleet: 'web', file: 'mcd.yaml', digestKey: 'k'}
  if (events > 0) await journal.append(1, [{atMs: NOW_MS, run: 'run-1', event: opened}])
  const own = fleet([group('a', 1)], {file: join(folder, 'mcd.yaml'), state: location})
  const openState = async () => ({journal, where: 'the journal'})
  const {findings} = await examineState({openState, standing: () => standing}, own)
  return findings.map(({subject, outcome, remedy}) => [subject, outcome, ...(remedy ? [remedy] : [])])
}

test.each<[string, Standing, string, RegExp | undefined]>([
  ['nobody', {kind: 'free'}, 'ok', undefined],
  [
    'one who was stopped',
    {kind: 'left', takenOver: {run: 'run-1', because: 'holder-gone'}},
    'warning',
    /takes the lease over/,
  ],
  ['one who works', {kind: 'alive', lease: LEASE}, 'warning', /--wait/],
  ['one who may work elsewhere', {kind: 'unknown', lease: LEASE}, 'warning', /mcd state unlock/],
])('the lease is held by %s', async (_who, standing, outcome, remedy) => {
  const lease = (await look(standing)).find(([subject]) => subject === 'lease')
  expect(lease?.[1]).toBe(outcome)
  if (remedy) expect(lease?.[2]).toMatch(remedy)
})

test.each([
  ['s3://bucket/fleets?region=us-east-1', 0, 'unknown'],
  ['s3://bucket/fleets?region=us-east-1', 1, 'ok'],
  ['postgres://db.example.com/fleets', 0, 'unknown'],
])(
  '%s with %i events: whether it takes writes is %s, since nothing is written to find out',
  async (state, events, outcome) => {
    const found = await look({kind: 'free'}, state, events)
    expect(found.find(([subject]) => subject?.startsWith('writing to'))?.[1]).toBe(outcome)
  },
)
