import {describe, expect, test} from 'vitest'
import {findRun} from '../../../src/fleet/history/find-run.ts'
import {historyOf} from '../../../src/fleet/history/history.ts'
import type {JournalEvent, StoredEvent} from '../../../src/journal/events.ts'
import {runDetails, runSummary} from '../../../src/output/history-json.ts'
import {runsText, runText} from '../../../src/output/history-text.ts'
import {timelineSvg} from '../../../src/output/timeline-svg.ts'
import {instance, NOW_MS, record, VIRGINIA, ZONE} from '../../support/fleet-builder.ts'

const S = 1_000
const FIRST = '11111111-aaaa-4aaa-8aaa-000000000001'
const SECOND = '11111111-bbbb-4bbb-8bbb-000000000002'
const CANARY = 'canary0123456789'

/** Events of runs, by seconds after the start. */
function journal(...entries: [atS: number, run: string, event: JournalEvent][]): StoredEvent[] {
  return entries.map(([atS, run, event], index) => ({
    sequence: index + 1,
    atMs: NOW_MS + atS * S,
    run,
    event,
  }))
}

const started = (over: Partial<Extract<JournalEvent, {type: 'run-started'}>> = {}): JournalEvent => ({
  type: 'run-started',
  command: 'up',
  version: '0.1.0',
  host: 'laptop',
  user: 'ann',
  pid: 4711,
  ...over,
})
const finished = (exit = 0): JournalEvent => ({type: 'run-finished', exit, converged: exit === 0})
const launch = (step: string, count = 2): JournalEvent => ({
  type: 'intent',
  step,
  what: {
    kind: 'launch',
    place: VIRGINIA.key,
    group: 'virginia',
    order: {
      mark: {fleet: 'web', dns: 'www.example.com', group: 'virginia', launch: 'l-1', spec: 'aaaaaaaaaaaa'},
      count,
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
    },
  },
})
const opened: JournalEvent = {type: 'opened', fleet: 'web', file: 'mcd.yaml', digestKey: CANARY}
const leaver = instance('i-7')
const leave: JournalEvent = {
  type: 'intent',
  step: 'out',
  what: {kind: 'change-dns', zone: ZONE, change: {create: [], remove: [record(leaver)]}, leaving: ['i-7']},
}
const done = (step: string, over: object = {}): JournalEvent =>
  ({type: 'outcome', step, result: {kind: 'done', ...over}}) as JournalEvent

/** A run that is stopped while its launch is out, and one that takes over, finds out what came of it, and drains. */
const TWO_RUNS = journal(
  [0, FIRST, opened],
  [0, FIRST, started({leaseMs: 30_000})],
  [1, FIRST, launch('go')],
  [11, FIRST, {type: 'lease-renewed'}],
  [60, SECOND, started({command: 'scale', takenOver: {run: FIRST, because: 'holder-gone'}})],
  [61, SECOND, {type: 'place-silent', place: VIRGINIA.key}],
  [
    62,
    SECOND,
    {
      type: 'outcome',
      step: 'go',
      result: {
        kind: 'done',
        instances: ['i-1'],
        shortfall: {kind: 'capacity', message: 'No room <here> & now.'},
      },
      retries: [1, 2].map(atS => ({
        call: 'AWS RunInstances',
        why: 'Request limit exceeded.',
        atMs: NOW_MS + (60 + atS) * S,
      })),
    },
  ],
  [63, SECOND, leave],
  [64, SECOND, done('out', {receipt: {id: 'c-1'}})],
  [70, SECOND, {type: 'removal-served', zone: ZONE, instances: ['i-7']}],
  [
    135,
    SECOND,
    {type: 'intent', step: 'end', what: {kind: 'terminate', place: VIRGINIA.key, instances: ['i-7']}},
  ],
  [136, SECOND, done('end')],
  [140, SECOND, finished(3)],
)

describe('the journal as runs', () => {
  test('a run without an end was stopped when another one began; its unanswered step says who found out', () => {
    const [first, second] = historyOf(TWO_RUNS)
    expect(first).toMatchObject({
      end: {kind: 'stopped'},
      lastAtMs: NOW_MS + 11 * S,
      steps: [{step: 'go', startedAtMs: NOW_MS + 1 * S, settledBy: SECOND, retries: []}],
    })
    expect(first?.steps[0]?.result).toBeUndefined()
    expect(second).toMatchObject({
      tookOver: {run: FIRST, because: 'holder-gone'},
      end: {kind: 'finished', exit: 3, converged: false},
      steps: [{step: 'go', resumes: FIRST, endedAtMs: NOW_MS + 62 * S}, {step: 'out'}, {step: 'end'}],
      notes: [{event: {type: 'place-silent'}}],
    })
    expect(second?.steps[0]?.retries).toHaveLength(2)
  })

  test('a drain is told as when it left, when that was served, when it ended', () => {
    expect(historyOf(TWO_RUNS)[1]?.drains).toEqual([
      {
        instances: ['i-7'],
        zones: [{zone: ZONE, removedAtMs: NOW_MS + 64 * S, servedAtMs: NOW_MS + 70 * S}],
        endedAtMs: NOW_MS + 136 * S,
      },
    ])
  })

  test('who is drained and lives on is told as that', () => {
    const change = {create: [], remove: [record(instance('i-1'))]}
    const what = {kind: 'change-dns', zone: ZONE, change, leaving: [], heldOut: ['i-1']} as const
    const [run] = historyOf(
      journal(
        [0, FIRST, started({command: 'drain'})],
        [1, FIRST, {type: 'intent', step: 's-1', what}],
        [2, FIRST, {type: 'outcome', step: 's-1', result: {kind: 'done'}}],
        [9, FIRST, {type: 'absence-served', zone: ZONE, instances: ['i-1']}],
        [74, FIRST, finished()],
      ),
    )
    expect(run?.drains).toMatchObject([
      {instances: ['i-1'], livesOn: true, zones: [{servedAtMs: NOW_MS + 9 * S}]},
    ])
    expect(run && runText(run, 'stopped', 200)).toMatch(/i-1: out of .*no longer served at .*; lives on/)
  })

  test('a drain that a later run brought to its end is told in each as far as it went', () => {
    const [first, second] = historyOf(
      journal(
        [0, FIRST, started()],
        [1, FIRST, leave],
        [2, FIRST, done('out')],
        [3, FIRST, finished(130)],
        [10, SECOND, started()],
        [11, SECOND, {type: 'removal-served', zone: ZONE, instances: ['i-7']}],
        [12, SECOND, finished()],
      ),
    )
    expect(first?.drains[0]?.zones[0]).not.toHaveProperty('servedAtMs')
    expect(second?.drains[0]?.zones[0]).toHaveProperty('servedAtMs', NOW_MS + 11 * S)
  })

  test('the last run stays open until its end is written, or somebody says that it is dead', () => {
    const open = journal([0, FIRST, started()])
    expect(historyOf(open)[0]?.end).toEqual({kind: 'open'})
    const broken: JournalEvent = {type: 'lease-broken', run: FIRST, user: 'bob', host: 'ci'}
    expect(historyOf(journal([0, FIRST, started()], [9, SECOND, broken]))[0]?.end).toEqual({
      kind: 'stopped',
      brokenBy: 'bob@ci',
    })
  })
})

describe('a run is found', () => {
  const runs = historyOf(TWO_RUNS)
  test.each([
    ['by its id', SECOND, SECOND],
    ['by an unambiguous beginning', '11111111-A', FIRST],
    ['as the last', 'last', SECOND],
  ])('%s', (_how, wanted, found) => {
    expect(findRun(runs, wanted).run).toBe(found)
  })
  test.each([
    ['a beginning of two', '1111', 'begins the ids of 2 runs'],
    ['a beginning of none', 'f00', 'No run of this fleet begins with "f00"'],
  ])('not by %s', (_what, wanted, message) => {
    expect(() => findRun(runs, wanted)).toThrow(message)
  })
})

describe('as text', () => {
  const [first, second] = historyOf(TWO_RUNS)
  if (!first || !second) throw new Error('two runs')

  test('the list has ids that tell the runs apart, and says how each one ended', () => {
    const lines = runsText('web', [first, second], 'stopped').split('\n')
    expect(lines[1]).toMatch(
      /^11111111-a {2}2026-01-01 00:00:00 .* up +ann@laptop +stopped without an end, last heard of at 00:00:11$/,
    )
    expect(lines[2]).toMatch(
      /^11111111-b .* scale .* partly done \(exit 3\); took the lease over from 11111111-a$/,
    )
  })

  test('a run fits the terminal, with its retries and drains', () => {
    const text = runText(second, 'stopped', 80)
    expect(text.split('\n').filter(line => line.length > 80)).toEqual([])
    const flat = text.replaceAll(/\s+/g, ' ')
    expect(flat).toContain(
      'AWS RunInstances had to be sent again 2 times from 00:01:01 on: Request limit exceeded.',
    )
    expect(flat).toContain('1 of 2: i-1; No room <here> & now.')
    expect(flat).toContain('no longer served at 00:01:10; ended at 00:02:16, 1m06s later')
  })

  test('a picture holds what the journal holds as text, never as markup', () => {
    const svg = timelineSvg('web', second)
    expect(svg).toContain('No room &lt;here&gt; &amp; now.')
    expect(svg.replaceAll(/<\/?(svg|g|rect|line|text|title)\b[^<>]*>/g, '')).not.toMatch(/[<>]/)
  })

  test('nothing of it shows the key of the digests, a digest, or what stands in a launch order', () => {
    const all = [first, second].flatMap(run => [
      runText(run, 'unknown'),
      timelineSvg('web', run),
      JSON.stringify([runSummary(run, 'unknown'), runDetails(run, 'unknown')]),
    ])
    expect(all.join('\n')).not.toContain(CANARY)
  })
})

test('a run that fell short says of what', () => {
  const why = ['virginia is 1 short: no room.']
  const [run] = historyOf(journal([0, FIRST, started()], [9, FIRST, {...finished(3), why} as JournalEvent]))
  expect(run?.end).toMatchObject({exit: 3, why})
  expect(run && runText(run, 'unknown')).toContain(`partly done (exit 3)\n  ${why[0]}`)
})

describe('instances that ended though nobody had asked for that', () => {
  const ends = (...instances: string[]): JournalEvent => ({
    type: 'instances-ended',
    place: VIRGINIA.key,
    instances,
  })
  const THIRD = '11111111-cccc-4ccc-8ccc-000000000003'
  const launched: JournalEvent = {
    type: 'outcome',
    step: 's-1',
    result: {kind: 'done', instances: ['i-1', 'i-2', 'i-3', 'i-4']},
  }
  const terminate: JournalEvent = {
    type: 'intent',
    step: 's-2',
    what: {kind: 'terminate', place: VIRGINIA.key, instances: ['i-3']},
  }
  const runs = historyOf(
    journal(
      [0, FIRST, started()],
      [1, FIRST, launch('s-1', 4)],
      [2, FIRST, launched],
      [3, FIRST, ends('i-4')],
      [4, FIRST, finished()],
      [10, SECOND, started()],
      [11, SECOND, terminate],
      [12, SECOND, {type: 'instances-lost', place: VIRGINIA.key, instances: ['i-1']}],
      [13, SECOND, ends('i-1', 'i-2', 'i-3')],
      [14, SECOND, finished()],
      [20, THIRD, started()],
      [21, THIRD, ends('i-1', 'i-2')],
      [22, THIRD, finished()],
    ),
  )

  test('are told of the run that found it, once; what it launched itself and never got, or had ended, are none', () => {
    expect(runs.map(({lost}) => lost)).toEqual([[], ['i-1', 'i-2'], []])
  })

  test('stand in the list beside how the run ended, and in its JSON', () => {
    const [, first, second, third] = runsText('web', runs, 'stopped').split('\n')
    expect(second).toMatch(/ done; lost i-1, i-2$/)
    for (const line of [first, third]) expect(line).toMatch(/ done$/)
    expect(runs.map(run => runSummary(run, 'stopped').lost)).toEqual([undefined, ['i-1', 'i-2'], undefined])
  })
})
