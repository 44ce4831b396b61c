import {expect, test} from 'vitest'
import {UsageError} from '../../../src/errors.ts'
import {drainRun} from '../../../src/fleet/desire/drain-request.ts'
import {fleet, group, observed, recorded, VIRGINIA} from '../../support/fleet-builder.ts'
import {launched, launchIntent} from '../../support/plan-builder.ts'

const drain = (unreadable: string[]): unknown => {
  const known = recorded(launchIntent('l-1', 1), launched('l-1', ['i-1']))
  const request = {kind: 'drain', instances: ['i-1'], until: 'removed'} as const
  try {
    return drainRun(fleet([group('virginia', 1)]), request, observed({unreadable}), known)
  } catch (error) {
    return error
  }
}

test('who does not show in clouds that can all be read is nobody to drain', () => {
  expect(drain([])).toBeInstanceOf(UsageError)
})

test('while a cloud cannot be read, nobody is said not to show', () => {
  const refused = drain([VIRGINIA.key])
  expect(refused).toMatchObject({
    message: 'i-1 cannot be seen while aws:us-east-1 cannot be read (timed out.): nothing was changed.',
  })
  expect(refused).not.toBeInstanceOf(UsageError)
})
