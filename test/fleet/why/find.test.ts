import {expect, test} from 'vitest'
import {findInstance} from '../../../src/fleet/why/find.ts'
import {hold, instance, observed, record, recorded} from '../../support/fleet-builder.ts'
import {launched, launchIntent} from '../../support/plan-builder.ts'

const [alive, other] = [instance('i-0aaaaaaa1'), instance('i-0aaaaaab2')]
const stranger = instance('i-0cccccccc', {dns: 'web.example.org'})
const orphan = instance('i-0ddddddd1')
const held = 'i-0eeeeeee1'
const seen = observed({instances: [alive, other, stranger], members: [record(orphan)], holds: [hold(held)]})
const known = recorded(launchIntent('l-1', 1), launched('l-1', ['i-0fffffff1']))

const find = (wanted: string) => findInstance(wanted, seen, known)

test.each([
  ['one that lives', alive.id],
  ["somebody else's of the same name", stranger.id],
  ['one of the journal alone', 'i-0fffffff1'],
  ['one that a record alone still names', orphan.id],
  ['one that a hold alone still names', held],
])('%s is found by its id', (_what, id) => {
  expect(find(id)).toBe(id)
})

test('eight characters are enough where only one id begins so', () => {
  expect(find('i-0ccccc')).toBe(stranger.id)
  expect(() => find('i-0aaaaaa')).toThrow(/begins several ids: i-0aaaaaaa1, i-0aaaaaab2\./)
  expect(() => find('i-0c')).toThrow(/No cloud of this fleet shows an instance "i-0c"/)
})

test('an unknown one is refused with the nearest, and with the places that said nothing', () => {
  expect(() => find('i-0aaaaaaa9')).toThrow(
    expect.objectContaining({
      exit: 2,
      suggestions: [expect.stringContaining(`"${alive.id}"`), expect.anything()],
    }),
  )
  const silent = observed({unreadable: ['aws:us-east-1']})
  expect(() => findInstance('i-0123456789', silent, recorded())).toThrow(/aws:us-east-1 could not be read\.$/)
})
