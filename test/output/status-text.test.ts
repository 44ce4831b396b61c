import {expect, test} from 'vitest'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import {statusText} from '../../src/output/status-text.ts'

const status: FleetStatus = {
  fleet: 'web',
  converged: true,
  groups: [],
  instances: [
    {
      id: 'i-0123456789abcdef0',
      name: 'web-virginia',
      group: 'virginia',
      provider: 'aws',
      zone: 'us-east-1a',
      state: 'running',
      health: 'healthy',
      publicIp: '192.0.2.10',
      inDns: true,
      launch: 'a',
      launchedAt: '2026-01-01T00:00:00Z',
    },
  ],
  dns: {provider: 'route53', name: 'www.example.com', type: 'A', ttlSeconds: 60, readable: true, records: []},
  names: [],
  differences: [],
  remarks: [],
}

const headOf = (columns?: number) =>
  statusText(status, columns)
    .split('\n')
    .find(line => line.startsWith('INSTANCE'))
    ?.split(/ {2,}/)

test.each([
  [undefined, ['INSTANCE', 'NAME', 'GROUP', 'ZONE', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS']],
  [85, ['INSTANCE', 'GROUP', 'ZONE', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS']],
  [75, ['INSTANCE', 'GROUP', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS']],
  // Narrower than what nobody can do without: the terminal breaks the lines.
  [20, ['INSTANCE', 'GROUP', 'STATE', 'HEALTH', 'ADDRESS', 'IN DNS']],
])('a terminal of %s columns gets as much of an instance as fits', (columns, expected) => {
  expect(headOf(columns)).toEqual(expected)
})

test('what differs is broken between words where the terminal ends, and nowhere without one', () => {
  const text = 'www.example.com lacks 192.0.2.10 of i-0123456789abcdef0 (healthy and not in DNS yet)'
  const differs = {...status, converged: false, differences: [{kind: 'missing-in-dns', text, fix: 'mcd up'}]}
  expect(statusText(differs, 60)).toContain(
    '\n  www.example.com lacks 192.0.2.10 of i-0123456789abcdef0\n    (healthy and not in DNS yet)  → mcd up',
  )
  expect(statusText(differs)).toContain(`\n  ${text}  → mcd up`)
})

test.each([
  ['works', /A run works on this fleet: "mcd up" by ann on laptop \(process 4711\), since 2026/],
  ['stopped', /stopped before its end: .* Run the same command again/],
  ['unknown', /works on this fleet, or was stopped:/],
] as const)('a run that holds the lease is named: %s', (state, expected) => {
  const who = {run: 'r', command: 'up', user: 'ann', host: 'laptop', pid: 4711}
  expect(statusText({...status, holder: {...who, startedAt: '2026-01-01T00:00:00Z', state}})).toMatch(
    expected,
  )
})

test('an instance that has nothing but an IPv6 address is shown with it', () => {
  const [only] = status.instances
  const {publicIp: _, ...rest} = only ?? {}
  const shown = {...status, instances: [{...rest, publicIpv6: '2001:db8::7'}]} as typeof status
  expect(statusText(shown)).toMatch(/healthy +2001:db8::7 +yes/)
})
