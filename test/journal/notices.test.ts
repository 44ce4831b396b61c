import {expect, test} from 'vitest'
import type {JournalEvent} from '../../src/journal/events.ts'
import {foldEvent} from '../../src/journal/fold.ts'
import {startFold} from '../../src/journal/folding.ts'
import {decode, encode} from '../../src/journal/snapshot.ts'
import {NOW_MS, recorded} from '../support/fleet-builder.ts'

const HOOK = {host: 'hooks.example.com', digest: 'aa'}
const CHAT = {host: 'chat.example.com', digest: 'bb'}
const owed: JournalEvent = {
  type: 'notice-owed',
  id: 'n-1',
  about: 'run-finished',
  data: {exit: 0},
  receivers: [HOOK, CHAT],
}
const reopened: JournalEvent = {type: 'opened', fleet: 'web', file: 'mcd.yaml', digestKey: 'k'}

test.each<[rule: string, events: readonly JournalEvent[], hosts: readonly string[]]>([
  ['it is owed to everybody at first', [owed], [HOOK.host, CHAT.host]],
  [
    'one that has it is owed it no more',
    [owed, {type: 'notice-delivered', id: 'n-1', receiver: 'aa'}],
    [CHAT.host],
  ],
  [
    'nor one that is given up',
    [owed, {type: 'notice-given-up', id: 'n-1', receivers: [CHAT], because: 'removed'}],
    [HOOK.host],
  ],
  ['a journal that begins anew keeps what was promised', [owed, reopened], [HOOK.host, CHAT.host]],
  [
    'once all have it, it is forgotten',
    [
      owed,
      {type: 'notice-delivered', id: 'n-1', receiver: 'aa'},
      {type: 'notice-delivered', id: 'n-1', receiver: 'bb'},
    ],
    [],
  ],
  [
    'a receipt for what was never owed changes nothing',
    [{type: 'notice-delivered', id: 'n-9', receiver: 'aa'}],
    [],
  ],
])('%s', (_rule, events, hosts) => {
  expect(
    [...recorded(...events).owed.values()].flatMap(({receivers}) => receivers.map(({host}) => host)),
  ).toEqual(hosts)
})

test('a snapshot keeps what is owed, who was seen and what was settled; one of an mcd that knew nothing of it is not used', () => {
  const folding = startFold()
  const events: JournalEvent[] = [
    owed,
    {type: 'instances-seen', place: 'aws:us-east-1', instances: [{id: 'i-1', group: 'virginia'}]},
    {type: 'fleet-settled', wish: 'as-before'},
  ]
  for (const [index, event] of events.entries())
    foldEvent(folding, {sequence: index + 1, atMs: NOW_MS, run: 'run-1', event})
  const text = encode(folding)
  expect(decode(text)).toEqual(folding)
  const {recorded: fields, ...rest} = JSON.parse(text)
  const {owed: _, ...older} = fields
  expect(decode(JSON.stringify({recorded: older, ...rest}))).toBeUndefined()
})
