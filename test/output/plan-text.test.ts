import {expect, test} from 'vitest'
import type {Note} from '../../src/fleet/plan/action.ts'
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
