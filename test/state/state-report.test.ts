import {expect, test} from 'vitest'
import type {StoredEvent} from '../../src/journal/events.ts'
import {fold} from '../../src/journal/fold.ts'
import {stateText} from '../../src/output/state-text.ts'
import {stateReport} from '../../src/state/state-report.ts'
import {fleet, instance, left, NOW_MS, VIRGINIA} from '../support/fleet-builder.ts'

const CANARY = 'canary0123456789'

test('shows what is under way and who holds the lease, and nothing of keys and digests', () => {
  const order = {
    mark: {fleet: 'web', dns: 'www.example.com', group: 'virginia', launch: 'l-1', spec: 'aaaaaaaaaaaa'},
    count: 2,
    type: 't3.micro',
    zone: {name: 'us-east-1a', types: ['t3.micro']},
    target: {
      imageId: 'ami-1',
      imageName: 'ubuntu',
      zones: [],
      wish: {tags: {note: CANARY}} as never,
      vendor: {},
    },
    networkIds: [],
    userdataDigest: CANARY,
    userdataSpec: {vars: {title: CANARY}},
  }
  const events = [
    {type: 'opened', fleet: 'web', file: 'mcd.yaml', digestKey: CANARY},
    {type: 'run-started', command: 'up', version: '0', host: 'laptop', user: 'ann', pid: 1},
    {type: 'owner-recorded', dns: 'www.example.com'},
    {type: 'place-recorded', place: VIRGINIA, account: '000000000000'},
    {type: 'place-silent', place: VIRGINIA.key},
    {type: 'intent', step: 's-1', what: {kind: 'launch', place: VIRGINIA.key, group: 'virginia', order}},
    ...left(instance('i-7')),
    {type: 'replacement-asked', instances: ['i-8']},
    {type: 'drain-asked', instances: ['i-9']},
    {type: 'ttl-lowered', vendor: 'route53', zone: 'example.com', name: 'www.example.com', ttlSeconds: 5},
    {
      type: 'notice-owed',
      id: 'n-1',
      about: 'run-finished',
      data: {exit: 0},
      receivers: [{host: 'hooks.example.com', digest: CANARY}],
    },
  ].map((event, index) => ({sequence: index + 1, atMs: NOW_MS, run: 'run-1', event})) as StoredEvent[]
  const recorded = fold(events)
  if (!recorded.lease) throw new Error('the run holds the lease')
  const report = stateReport({
    fleet: fleet([]),
    where: '/fleet/.mcd/web/journal.sqlite',
    snapshot: 3,
    events,
    recorded,
    holder: {kind: 'alive', lease: recorded.lease},
  })
  expect(report).toMatchObject({
    lease: {holder: 'alive', command: 'up', user: 'ann'},
    places: [{key: VIRGINIA.key, account: '000000000000', silentSince: '2026-01-01T00:00:00.000Z'}],
    openLaunches: [{launch: 'l-1', count: 2, type: 't3.micro'}],
    leaving: [{instance: 'i-7'}],
    replacementAsked: [{instance: 'i-8'}],
    drained: [{instance: 'i-9', since: '2026-01-01T00:00:00.000Z'}],
    notificationsOwed: [{id: 'n-1', type: 'run-finished', receivers: ['hooks.example.com']}],
    loweredTtls: [{name: 'www.example.com', vendor: 'route53', ttlSeconds: 5}],
  })
  const text = stateText(report)
  expect(text).toContain('held by "mcd up" by ann@laptop (process 1)')
  expect(text).toContain('NOTIFICATIONS OWED\n  run-finished, since 2026-01-01 00:00:00: hooks.example.com')
  expect(text).toContain('2 × t3.micro in us-east-1a for group virginia, sent 2026-01-01 00:00:00')
  expect(text).toContain('DRAINED\n  i-9, since 2026-01-01 00:00:00')
  expect(text).toContain('www.example.com in route53: 5 s since 2026-01-01 00:00:00')
  expect(`${text}${JSON.stringify(report)}`).not.toContain(CANARY)
})
