import {expect, test} from 'vitest'
import {judgeDelegation, judgePart, partsBetween} from '../../src/doctor/delegation.ts'
import type {ServerAnswer} from '../../src/fleet/outside.ts'

const OWN = ['ns-1.awsdns.example', 'ns-2.awsdns.example']
const OTHERS = ['ada.ns.cloudflare.example']
const led = (...values: string[]): ServerAnswer => ({
  server: '192.0.2.53',
  records: values.map(value => ({value, ttlSeconds: 60})),
})

test.each<[string, ServerAnswer, 'ok' | 'failed' | 'unknown', RegExp]>([
  [
    'to the zone, whatever the spelling',
    led('NS-1.awsdns.example.', 'ns-2.awsdns.example'),
    'ok',
    /It is led to/,
  ],
  [
    'to the zone and to that of a further vendor of the fleet',
    led(OWN[0] ?? '', OTHERS[0] ?? ''),
    'ok',
    /led to/,
  ],
  ['elsewhere', led('ns1.registrar.example'), 'failed', /and not to this zone/],
  ['only to the further vendor', led(OTHERS[0] ?? ''), 'failed', /and not to this zone/],
  [
    'to the zone and elsewhere',
    led(OWN[0] ?? '', 'ns1.registrar.example'),
    'failed',
    /also led to ns1\.registrar/,
  ],
  ['nowhere', led(), 'failed', /finds no name servers/],
  [
    'to servers that do not serve it',
    {server: '192.0.2.53', error: 'SERVFAIL'},
    'failed',
    /nobody who answers/,
  ],
  ['nobody knows where', {server: '192.0.2.53'}, 'unknown', /did not answer/],
  ['nobody may know where', {server: '192.0.2.53', error: 'REFUSED'}, 'unknown', /answered REFUSED/],
])('led %s', (_where, answer, outcome, detail) => {
  const [finding] = judgeDelegation('example.com', [answer], OWN, OTHERS)
  expect(finding?.outcome).toBe(outcome)
  expect(finding?.detail).toMatch(detail)
  if (outcome === 'failed')
    expect(finding?.remedy).toContain(
      `Name these servers for example.com, and no others, at its registrar, or in the zone above it where it is a part of one: ${[...OWN, ...OTHERS].join(', ')}.`,
    )
})

test.each<[names: string[], parts: string[]]>([
  [['www.example.com', 'example.com'], []],
  [['www.deploy.example.com', 'api.deploy.example.com'], ['deploy.example.com']],
  [['a.b.c.example.com'], ['b.c.example.com', 'c.example.com']],
])('%j may stand in the parts %j of its zone', (names, parts) => {
  expect(partsBetween('example.com', names)).toEqual(parts)
})

test('a part of the zone that other servers were given hides what is written beneath it', () => {
  const answers = [led(), led('ns1.other.example.'), {server: '192.0.2.54'}]
  expect(judgePart('deploy.example.com', 'example.com', answers)).toMatchObject([
    {
      check: 'delegation',
      outcome: 'failed',
      detail: expect.stringContaining('is led to ns1.other.example for deploy.example.com'),
      remedy: expect.stringMatching(/^Set "zone: deploy\.example\.com"/),
    },
  ])
})
