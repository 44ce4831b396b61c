import {describe, expect, test} from 'vitest'
import {rollBack} from '../../../src/fleet/desire/rollback.ts'
import type {Outside, Thawed} from '../../../src/fleet/outside.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import type {Instance} from '../../../src/providers/compute.ts'
import {EAST, fleet, group, instance, observed, recorded, VIRGINIA} from '../../support/fleet-builder.ts'
import {launchIntent} from '../../support/plan-builder.ts'

const both = fleet([group('virginia', 2), group('east', 2, {place: EAST})])

/** `east c` is a launch of spec c in group east; `converged` is the end of a run that made the fleet as declared. */
function journal(...words: string[]): JournalEvent[] {
  return words.flatMap((word, index): JournalEvent[] => {
    if (word === 'converged') return [{type: 'run-finished', exit: 0, converged: true}]
    const [name = '', spec = ''] = word.split(' ')
    const intent = launchIntent(`${name}-${spec}-${index}`, 2)
    if (intent.what.kind !== 'launch') return []
    const {order} = intent.what
    const place = name === 'east' ? EAST.key : VIRGINIA.key
    return [
      {
        ...intent,
        what: {
          ...intent.what,
          group: name,
          place,
          order: {...order, mark: {...order.mark, group: name, spec}},
        },
      },
      {type: 'spec-recorded', spec, source: {spec}},
    ]
  })
}

const living = (...words: string[]): Instance[] =>
  words.map((word, index) => {
    const [name = '', spec = ''] = word.split(' ')
    return instance(`i-${index}`, {group: name, spec, ...(name === 'east' ? {place: EAST.key} : {})})
  })

const outside = (thaw: Partial<Thawed> = {}): Outside => {
  const userdata = {
    spec: () => 'text',
    render: () => ({bytes: new Uint8Array(), digest: () => ''}),
    freeze: () => ({}),
  }
  return {
    userdata: {
      ...userdata,
      thaw: () => ({userdata, metadata: {}, service: both.service, unset: [], ...thaw}),
    },
  } as Partial<Outside> as Outside
}

describe('a rollback returns', () => {
  test.each<[rule: string, events: string[], alive: string[], goals: string[]]>([
    [
      'to the spec before, in every group that the last rollout changed',
      ['virginia a', 'east a', 'converged', 'virginia b', 'east b', 'converged'],
      ['virginia b', 'east b'],
      ['virginia a', 'east a'],
    ],
    [
      'a group that the rollout has not reached to what it runs',
      ['virginia z', 'east z', 'converged', 'virginia a', 'east a', 'converged', 'virginia b'],
      ['virginia b', 'virginia a', 'east a', 'east a'],
      ['virginia a', 'east a'],
    ],
    [
      'past a second try of the same rollout, to what the fleet was as declared with',
      ['virginia a', 'east a', 'converged', 'virginia b', 'virginia c', 'converged'],
      ['virginia c', 'east a'],
      ['virginia a', 'east a'],
    ],
    [
      'in the middle of a rollout to what most still run',
      ['virginia a', 'converged', 'virginia b', 'virginia c'],
      ['virginia b', 'virginia b', 'virginia c'],
      ['virginia b'],
    ],
  ])('%s', (_rule, events, alive, goals) => {
    const back = rollBack(
      outside(),
      both,
      {},
      recorded(...journal(...events)),
      observed({instances: living(...alive)}, [VIRGINIA, EAST]),
    )
    expect(back.goals.map(({group: name, order}) => `${name} ${order.mark.spec}`)).toEqual(goals)
  })

  test('to what an earlier run of it chose, and asks for nothing new', () => {
    const events = journal('virginia a', 'converged', 'virginia b', 'converged', 'virginia a')
    const known = recorded(...events, {type: 'rollback-asked', launches: ['virginia-a-0']})
    const back = rollBack(outside(), both, {}, known, observed({}, [VIRGINIA, EAST]))
    expect([back.goals.map(({order}) => order.mark.launch), back.asks]).toEqual([['virginia-a-0'], []])
  })
})

describe('a rollback is refused before anything is changed', () => {
  const events = journal('virginia a', 'east a', 'converged', 'virginia b', 'east b')
  const back = (thaw: Partial<Thawed>, written = events) =>
    rollBack(outside(thaw), both, {}, recorded(...written), observed({}, [VIRGINIA, EAST]))

  test('with every variable that has no value any more, in one error', () => {
    expect(() => back({unset: ['TOKEN', 'KEY']})).toThrow(/not set: TOKEN, KEY/)
  })

  test('where the spec answers on another port than the fleet file asks', () => {
    expect(() => back({service: {...both.service, port: 8080}})).toThrow(
      /groups\.virginia: .*port 8080 .*\n.*groups\.east/,
    )
  })

  test('where an older mcd kept too little of it', () => {
    const without = events.filter(({type}) => type !== 'spec-recorded')
    expect(() => back({}, without)).toThrow(/groups\.virginia: launch spec a .*older mcd/)
  })
})
