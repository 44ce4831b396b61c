import {expect, test} from 'vitest'
import type {Action, Note} from '../../src/fleet/plan/action.ts'
import {planText} from '../../src/output/plan-text.ts'

const note = (blocks: boolean): Note => ({
  kind: 'unreachable',
  text: 'aws:us-east-1 could not be read.',
  blocks,
})

test('a fleet with nothing to do is as declared, whatever is remarked', () => {
  expect(planText({actions: [], notes: [note(false)]})).toBe(
    'Nothing to do: the fleet is as declared.\n! aws:us-east-1 could not be read.',
  )
})

test('a fleet is not called as declared while something keeps mcd from knowing or mending it', () => {
  expect(planText({actions: [], notes: [note(true)]})).toBe(
    'Nothing that mcd can do now:\n! aws:us-east-1 could not be read.',
  )
})

test('a rollout says who is replaced, how many at a time and in whose turn, and counts all that will come of it', () => {
  const replace = {
    kind: 'replace' as const,
    place: 'aws:us-east-1',
    batch: 1,
    pauseMs: 30_000,
    launches: 2,
    cause: 'launch-spec' as const,
    reason: 'launch spec changed (aaa → bbb)',
  }
  const actions: Action[] = [
    {
      ...replace,
      key: 'replace virginia',
      group: 'virginia',
      instances: ['i-1', 'i-2'],
      after: ['the new ones serve'],
    },
    {...replace, key: 'replace east', group: 'east', instances: ['i-3'], after: ['replace virginia']},
  ]
  expect(planText({actions, notes: []}).split('\n')).toEqual([
    '· replace 2 of group virginia, 1 at a time, each batch 30s beside the old  (launch spec changed (aaa → bbb))',
    '    i-1, i-2',
    '    each leaves DNS and ends once a new one is healthy and in DNS in its place',
    '· replace 1 of group east, 1 at a time, each batch 30s beside the old  (launch spec changed (aaa → bbb))',
    '    i-3',
    '    after the rollout of group virginia, each leaves DNS and ends once a new one is healthy and in DNS in its place',
    '',
    'Plan: 4 to launch, 3 to end, 3 DNS changes.',
  ])
})
