import {expect, test} from 'vitest'
import type {Action, Use} from '../../src/fleet/plan/action.ts'
import {plainProgress} from '../../src/output/progress.ts'

/** What plain progress writes of a wait for clients, as they are seen one look after the other. */
function waits(...looks: (readonly Use[])[]): string[] {
  const lines: string[] = []
  const {show} = plainProgress(line => lines.push(line))
  for (const uses of looks) {
    const wait: Action = {
      kind: 'drain',
      key: 'drain quiet',
      until: 'quiet',
      zones: [],
      instances: ['i-7', '7f0c1a52-1111-4222-8333-444455556666'],
      untilMs: Date.UTC(2026, 0, 1, 12),
      uses,
      reason: '',
      after: [],
    }
    show({kind: 'waiting', actions: [wait], plan: {actions: [], notes: []}})
  }
  return lines
}

const WAITS = '… wait until nobody is connected to i-7, 7f0c1a52 any more, until 12:00:00 UTC at most'

test('a wait for clients says who is still there, again only when that changes', () => {
  expect(
    waits(
      [],
      [
        {instance: 'i-7', connections: 2},
        {instance: '7f0c1a52-1111-4222-8333-444455556666', connections: 0},
      ],
      [{instance: 'i-7', connections: 2}],
      [{instance: 'i-7', connections: 1}],
      [{instance: 'i-7', connections: 0}],
    ),
  ).toEqual([WAITS, `${WAITS}: 2 connections on i-7`, `${WAITS}: 1 connection on i-7`, WAITS])
})

test('and why somebody cannot be asked', () => {
  const why = 'Permission denied (publickey).; see that "ssh 192.0.2.7" works without a question'
  expect(waits([{instance: 'i-7', why}])).toEqual([
    `${WAITS}: i-7 could not be asked for its connections: ${why}`,
  ])
})

test('who ends in use is told of with its end', () => {
  const lines: string[] = []
  const action: Action = {
    kind: 'terminate',
    key: 'terminate aws:us-east-1',
    place: 'aws:us-east-1',
    instances: ['i-7', 'i-8'],
    inUse: [{instance: 'i-7', connections: 2}],
    reason: '',
    after: [],
  }
  plainProgress(line => lines.push(line)).show({kind: 'finished', action, detail: 'i-7, i-8'})
  expect(lines).toEqual([
    '✓ terminate i-7, i-8 in aws:us-east-1, drain.max having passed: 2 connections on i-7',
  ])
})
