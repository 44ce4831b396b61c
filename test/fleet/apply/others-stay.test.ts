import {expect, test} from 'vitest'
import {othersStay} from '../../../src/fleet/apply/others-stay.ts'
import type {Member} from '../../../src/providers/dns.ts'
import {foreign, hold, instance, observed, record} from '../../support/fleet-builder.ts'

const [one, two] = [record(instance('i-1')), record(instance('i-2'))]

test.each<[string, Member[], Member[], boolean]>([
  ['one of two leaves', [one, two], [one], true],
  ['both leave', [one, two], [one, two], false],
  ['the only one leaves', [one], [one], false],
  ['a stranger stays', [one, foreign('192.0.2.1')], [one], true],
  ['no address leaves', [one], [hold('i-2')], false],
])('%s', (_case, members, remove, stay) => {
  expect(othersStay(observed({members}), 'cloudflare', {create: [], remove})).toBe(stay)
})
