import {expect, test} from 'vitest'
import {type ClockReading, judgeClocks} from '../../src/doctor/clock.ts'

const MINUTE_MS = 60_000
const EC2: ClockReading = {server: 'ec2.us-east-1.amazonaws.com', of: 'aws:us-east-1', aheadMs: 0}
const TRITON: ClockReading = {server: 'triton.example.com', of: 'joyent:triton.example.com', aheadMs: 0}
const off = (reading: ClockReading, minutes: number) => ({...reading, aheadMs: minutes * MINUTE_MS})

test.each([
  [
    'agreeing servers are told in one line',
    [EC2, TRITON],
    ['ok: ec2.us-east-1.amazonaws.com, triton.example.com'],
  ],
  ['half a minute is nothing', [off(EC2, 0.5)], ['ok: ec2.us-east-1.amazonaws.com']],
  ['two minutes are worth a warning', [off(EC2, -2)], ['warning: ec2.us-east-1.amazonaws.com']],
  ['six minutes are refused', [off(EC2, 6)], ['failed: ec2.us-east-1.amazonaws.com']],
  [
    'one that is off stands apart from those that agree',
    [off(EC2, 6), TRITON],
    ['failed: ec2.us-east-1.amazonaws.com', 'ok: triton.example.com'],
  ],
  ['nobody who answers is nothing to say', [], []],
])('%s', (_rule, readings, found) => {
  expect(judgeClocks(readings).findings.map(({outcome, subject}) => `${outcome}: ${subject}`)).toEqual(found)
})

test('where all are off the same way it is this machine that is wrong, and the finding says by how much', () => {
  const {findings, refusing} = judgeClocks([off(EC2, -61), off(TRITON, -60)])
  expect(findings).toHaveLength(1)
  expect(findings[0]?.detail).toMatch(/^This machine's clock is 1h1m ahead of theirs/)
  expect(findings[0]?.remedy).toMatch(/^Set this machine's clock right/)
  expect([...refusing]).toEqual(['aws:us-east-1', 'joyent:triton.example.com'])
})

test('where others agree with this machine it is not told to change its clock', () => {
  expect(judgeClocks([off(EC2, 6), TRITON]).findings[0]?.remedy).toMatch(
    /^Look at the clock of these servers/,
  )
})
