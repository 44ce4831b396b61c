import {afterEach, expect, test} from 'vitest'
import {type Idle, watchIdle} from '../../src/sandbox/idle.ts'
import type {CallRecord, Principal} from '../../src/sandbox/world/calls.ts'
import {eventually} from '../support/eventually.ts'

let idle: Idle
afterEach(() => idle.stop())

const request = (atMs: number, principal: Principal): CallRecord => ({
  atMs,
  principal,
  service: 'cloudflare',
  action: 'GET /zones',
  effects: [],
})

test.each([
  ['the operator, from outside', {name: 'operator', address: '127.0.0.1'}, 10],
  ['somebody unknown', {name: 'unknown', address: '127.0.0.1'}, 10],
  ["the instances' credentials", {name: 'instances', address: '127.0.0.1'}, 100],
  ["an instance's role", {name: 'role:i-0abc', address: '127.0.0.1'}, 100],
  ['a machine, by its address', {name: 'operator', address: '127.64.0.1'}, 100],
] as const)('a request of %s', (_who, principal, forMs) => {
  let nowMs = 0
  idle = watchIdle({
    limitMs: 1_000_000,
    now: () => nowMs,
    requests: () => [request(90, principal)],
    isMachine: address => address.startsWith('127.64.'),
    ended: () => {},
  })
  nowMs = 100
  expect(idle.forMs()).toBe(forMs)
})

test('the limit ends it, and a touch begins anew', async () => {
  let nowMs = 0
  let hasEnded = false
  idle = watchIdle({
    limitMs: 40,
    now: () => nowMs,
    requests: () => [],
    isMachine: () => false,
    ended: () => {
      hasEnded = true
    },
  })
  nowMs = 39
  idle.touch()
  nowMs = 60
  expect(idle.forMs()).toBe(21)
  expect(hasEnded).toBe(false)
  nowMs = 79
  await eventually(() => hasEnded)
})
