import {expect, test} from 'vitest'
import {resolveTargets} from '../../../src/fleet/desire/targets.ts'
import {fleet, group, instance, observed, recorded} from '../../support/fleet-builder.ts'

const resolve = (...instances: readonly string[]) =>
  resolveTargets(
    fleet([group('virginia', 2)]),
    {instances},
    observed({instances: [instance('i-0123456789'), instance('i-0123456000')]}),
    recorded(),
  )

test('the beginning of an id is enough where it is the only one', () => {
  expect(resolve('i-01234567')).toEqual({instances: ['i-0123456789']})
})

test('what names nothing is told at once, and where a group was meant, how to name it', () => {
  expect(() => resolve('virginia', 'i-0123456', 'i-9')).toThrow(
    expect.objectContaining({
      message: [
        'The fleet has no instance "virginia".',
        '"i-0123456" begins several ids: i-0123456789, i-0123456000.',
        'The fleet has no instance "i-9".',
      ].join('\n'),
      suggestions: ['Write "--group virginia" for that group.', '"mcd status" lists groups and instances.'],
      exit: 2,
    }),
  )
})
