import {expect, test} from 'vitest'
import {judge} from '../../../src/providers/joyent/examine/rules.ts'

test.each([
  // Rules as CloudAPI's reference and node-aperture's tests write them.
  ['CAN createmachine', 'always'],
  ['can createmachine and getmachine', 'always'],
  ['CAN rebootmachine, createmachine AND getmachine', 'always'],
  ['CAN rebootmachine, getmachine, and createmachine', 'always'],
  ['* can createmachine *', 'always'],
  ['CAN *', 'always'],
  ['CAN everything', 'always'],
  ['CAN create*', 'always'],
  ['CAN *machine', 'always'],
  ['CAN /^(create|delete)machine$/::regex', 'always'],
  ['CAN "createmachine"', 'always'],
  ['CAN createmachine WHEN sourceip = 192.0.2.0/24', 'sometimes'],
  ['CAN createmachine if requesttime::day in (Mon, Tue)', 'sometimes'],
  ['bob CAN createmachine', 'sometimes'],
  ['CAN createmachine /sandbox/machines', 'sometimes'],
  // Names are compared letter by letter, and CloudAPI's are small.
  ['CAN createMachine', 'never'],
  ['CAN NOT createmachine', 'never'],
  ['CAN listmachines and getmachine', 'never'],
  ['CAN rebootmachine WHEN name = createmachine', 'never'],
  ['createmachine', 'never'],
  ['', 'never'],
])('%s: %s', (rule, verdict) => {
  expect(judge([rule], ['createmachine'])).toBe(verdict)
})

test('of several rules the one that allows most counts, and a call may go by two names', () => {
  expect(judge(['CAN a WHEN x = 1', 'CAN b'], ['a'])).toBe('sometimes')
  expect(judge(['CAN a WHEN x = 1', 'CAN a'], ['a'])).toBe('always')
  expect(judge(['CAN old'], ['new', 'old'])).toBe('always')
  expect(judge([], ['a'])).toBe('never')
})
