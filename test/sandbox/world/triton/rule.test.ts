import {expect, test} from 'vitest'
import {formatRule, parseRule, selects} from '../../../../src/sandbox/world/triton/rule.ts'

test.each([
  ['FROM any TO tag www ALLOW tcp PORT 80', 'FROM any TO tag "www" ALLOW tcp PORT 80'],
  ['from any to tag role = web allow tcp port 080', 'FROM any TO tag "role" = "web" ALLOW tcp PORT 80'],
  [
    'FROM any TO all vms ALLOW tcp (PORT 443 AND PORT 80)',
    'FROM any TO all vms ALLOW tcp (PORT 80 AND PORT 443)',
  ],
  [
    'FROM (ip 10.0.0.1 OR subnet 10.8.0.0/16) TO tag a BLOCK udp PORTS 1-5, 9',
    'FROM (ip 10.0.0.1 OR subnet 10.8.0.0/16) TO tag "a" BLOCK udp PORTS 1-5, 9',
  ],
  [
    'FROM any TO tag "a b" = "c/d\\"e" ALLOW icmp TYPE 8 CODE 0',
    'FROM any TO tag "a b" = "c/d\\"e" ALLOW icmp TYPE 8 CODE 0',
  ],
  ['FROM all vms TO all vms ALLOW tcp PORT all', 'FROM all vms TO all vms ALLOW tcp PORT all'],
])('%s is taken', (rule, canonical) => {
  expect(formatRule(parseRule(rule))).toBe(canonical)
  expect(formatRule(parseRule(canonical))).toBe(canonical)
})

test.each([
  ['', 'end of rule'],
  ['FROM any TO any ALLOW tcp PORT 80', 'does not affect VMs'],
  ['FROM any TO (tag a AND tag b) ALLOW tcp PORT 80', "found: 'AND'"],
  ['FROM any TO tag a PERMIT tcp PORT 80', "found: 'PERMIT'"],
  ['FROM any TO tag a ALLOW sctp PORT 80', "found: 'sctp'"],
  ['FROM any TO tag a ALLOW tcp PORT http', "found: 'http'"],
  ['FROM any TO tag a ALLOW tcp PORT 65536', 'Port number'],
  ['FROM any TO tag a ALLOW tcp TYPE 8', "found: 'TYPE'"],
  ['FROM any TO tag a ALLOW tcp PORT 80 AND PORT 81', "found: 'AND'"],
  ['FROM ip 1.2.3.400 TO tag a ALLOW tcp PORT 80', 'IP address'],
  ['FROM any TO vm web-1 ALLOW tcp PORT 80', 'UUID'],
])('%s is refused with its place', (rule, reason) => {
  expect(() => parseRule(rule)).toThrow(
    expect.objectContaining({
      status: 422,
      detail: {errors: [expect.objectContaining({field: 'rule', message: expect.stringContaining(reason)})]},
    }),
  )
})

test.each([
  ['any host, which is no instance', 'any', false],
  ['all vms', 'all vms', true],
  ['the tag with any value', 'tag n', true],
  ['a number by its text', 'tag n = 1', true],
  ['another value', 'tag n = 2', false],
  ['another tag', 'tag m', false],
  ['one of a list', '(tag m OR tag n)', true],
  ['the instance by id', 'vm 00000000-0000-4000-8000-000000000001', true],
])('%s', (_what, targets, expected) => {
  const {from} = parseRule(`FROM ${targets} TO all vms ALLOW tcp PORT 80`)
  expect(selects(from, {id: '00000000-0000-4000-8000-000000000001', tags: {n: 1}})).toBe(expected)
})
