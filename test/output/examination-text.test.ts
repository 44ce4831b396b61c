import {expect, test} from 'vitest'
import type {FleetFinding} from '../../src/doctor/finding.ts'
import {examinationText} from '../../src/output/examination-text.ts'

const COUNTS = {ok: 1, failed: 0, warning: 0, unknown: 0}
const text = (findings: FleetFinding[], counts: Partial<typeof COUNTS> = {}, columns?: number) =>
  examinationText({fleet: 'web', dns: 'www.example.com', findings, counts: {...COUNTS, ...counts}}, columns)

const OK: FleetFinding = {
  check: 'image',
  place: 'aws:us-east-1',
  subject: 'ubuntu-24.04',
  outcome: 'ok',
  detail: 'It is ami-1.',
}

test('each place and zone has its part, and each failure its remedy beneath', () => {
  const failed: FleetFinding = {
    check: 'permission',
    zone: 'cloudflare/example.com',
    credentials: 'instances',
    subject: 'DNS Write',
    outcome: 'failed',
    detail: 'It may not.',
    remedy: 'Let it.\nThen run again.',
  }
  expect(text([OK, failed], {failed: 1, warning: 1})).toBe(`Fleet web (www.example.com)

aws:us-east-1
  ok       ubuntu-24.04                        It is ami-1.

cloudflare/example.com, with the credentials of instances
  FAILED   DNS Write                           It may not.
                                               → Let it.
                                               → Then run again.

1 thing stands against a run; 1 warning, 1 in order.`)
})

test('a long subject has a line of its own, and a narrow terminal keeps the words beneath it', () => {
  const long = {...OK, subject: 'ec2:RunInstances t3.micro in us-east-1a, group virginia'}
  expect(text([long], {}, 60)).toBe(`Fleet web (www.example.com)

aws:us-east-1
  ok       ec2:RunInstances t3.micro in us-east-1a, group virginia
             It is ami-1.

Nothing stands against a run: 1 in order.`)
})

test('several lines of an error stay under one another', () => {
  const lines = text([{...OK, detail: 'Two mistakes:\n  one\n  two'}]).split('\n')
  expect(lines.slice(3, 6).map(line => line.slice(47))).toEqual(['Two mistakes:', 'one', 'two'])
})

test('what fails on a page longer than a screen is named once more at its end', () => {
  const failed = {...OK, subject: 'ec2:RunInstances', outcome: 'failed' as const}
  const many = [failed, ...Array.from({length: 30}, () => OK)]
  expect(text(many, {failed: 1, ok: 30})).toMatch(
    /\n\n1 thing stands against a run; 30 in order\.\n {2}aws:us-east-1: ec2:RunInstances$/,
  )
})
