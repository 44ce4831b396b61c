import {expect, test} from 'vitest'
import {LockedError} from '../../src/errors.ts'
import {checkNobodyWorks} from '../../src/fleet/guards.ts'
import type {JournalEvent} from '../../src/journal/events.ts'
import {recorded} from '../support/fleet-builder.ts'

const PROCESS = {pid: 4711, startedAt: '100', bootId: 'boot-1'}
const started: JournalEvent = {
  type: 'run-started',
  command: 'up',
  version: '0.1.0',
  host: 'laptop',
  user: 'ann',
  pid: 4711,
  process: PROCESS,
}
const ended: JournalEvent = {type: 'run-finished', exit: 0, converged: true}

test.each([
  ['a run that works keeps the next one out', [started], true, true],
  ['a run whose process is gone does not', [started], false, false],
  ['a run that ended does not', [started, ended], true, false],
  ['nobody ever ran', [], true, false],
] as const)('%s', (_rule, events, running, refused) => {
  const check = () => checkNobodyWorks(recorded(...events), () => running)
  if (refused) expect(check).toThrow(LockedError)
  else expect(check).not.toThrow()
})

test('the refusal says who works, where and since when', () => {
  expect(() => checkNobodyWorks(recorded(started), () => true)).toThrow(
    'Another run works on this fleet: "mcd up" by ann on laptop (process 4711), since 2026-01-01T00:00:00.000Z.',
  )
})
