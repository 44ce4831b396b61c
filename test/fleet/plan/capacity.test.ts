import {describe, expect, test} from 'vitest'
import {spread} from '../../../src/fleet/plan/groups/spread.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {JournalEvent} from '../../../src/journal/events.ts'
import type {LaunchZone} from '../../../src/providers/compute.ts'
import {desired, fleet, group, instance, observed, recorded, SPEC, wish} from '../../support/fleet-builder.ts'

/** `a:small,large` is zone a, which offers both; `a/s1:small` one of its subnets. */
const zone = (text: string): LaunchZone => {
  const [place = '', types = ''] = text.split(':')
  const [name = '', subnetId] = place.split('/')
  return {name, types: types.split(','), ...(subnetId ? {subnetId} : {})}
}

/** `3 small in a` for each launch. */
function shares(
  zones: string,
  missing: number,
  {
    living = {},
    short = [] as string[],
    evenly = true,
  }: {living?: object; short?: string[]; evenly?: boolean} = {},
): string[] {
  const target = {zones: zones.split(' ').map(zone), wish: wish({types: ['small', 'large'], spread: evenly})}
  return spread(target, new Map(Object.entries(living)), missing, ({name, subnetId}, type) =>
    short.includes(`${type} in ${subnetId ?? name}`),
  ).map(({zone: {name, subnetId}, type, count}) => `${count} ${type} in ${subnetId ?? name}`)
}

const THREE = 'a:small,large b:small,large c:small,large'

test.each([
  // rule                                                          got                                              launches
  ['spreads evenly', shares(THREE, 6), ['2 small in a', '2 small in b', '2 small in c']],
  [
    'gives the odd ones to the first zones',
    shares(THREE, 4),
    ['2 small in a', '1 small in b', '1 small in c'],
  ],
  ['counts what lives there', shares(THREE, 3, {living: {a: 3, b: 1}}), ['1 small in b', '2 small in c']],
  [
    'turns to another zone before another type',
    shares(THREE, 2, {short: ['small in a']}),
    ['1 small in b', '1 small in c'],
  ],
  [
    'takes the next type when no zone has the first',
    shares(THREE, 2, {short: ['small in a', 'small in b', 'small in c']}),
    ['1 large in a', '1 large in b'],
  ],
  ['passes over a zone that lacks the first type', shares('a:large b:small,large', 2), ['2 small in b']],
  [
    'takes the next type where nobody offers the first',
    shares('a:large b:large', 2),
    ['1 large in a', '1 large in b'],
  ],
  [
    'launches nothing when nothing is left',
    shares('a:small,large', 2, {short: ['small in a', 'large in a']}),
    [],
  ],
  [
    'counts the subnets of a zone as one zone',
    shares('a/s1:small a/s2:small b/s3:small', 4),
    ['1 small in s1', '1 small in s2', '2 small in s3'],
  ],
  [
    'turns to the other subnet of a zone',
    shares('a/s1:small a/s2:small', 2, {short: ['small in s1']}),
    ['2 small in s2'],
  ],
  ['fills the first zone when it shall not spread', shares(THREE, 6, {evenly: false}), ['6 small in a']],
  [
    'then the next one in order, and the next type last',
    [
      ...shares(THREE, 6, {evenly: false, short: ['small in a']}),
      ...shares(THREE, 6, {evenly: false, short: ['small in a', 'small in b', 'small in c']}),
    ],
    ['6 small in b', '6 large in a'],
  ],
  [
    'orders at most a hundred at once',
    shares('a:small', 250),
    ['100 small in a', '100 small in a', '50 small in a'],
  ],
])('%s', (_rule, got, launches) => {
  expect(got).toEqual(launches)
})

describe('what a cloud could not give', () => {
  const of = group('virginia', 3, {wish: wish({types: ['small', 'large']})})
  const target = {
    imageId: 'ami-1',
    imageName: 'ubuntu',
    zones: [zone('a:small,large'), zone('b:small,large')],
    wish: of.wish,
    vendor: {},
  }
  const resolved = desired(fleet([of]), {groups: [{group: of, launch: {target, spec: SPEC}}]})

  /** A launch of this run, and what came of it. */
  const launched = (
    id: string,
    type: string,
    inZone: string,
    shortfall: {kind: 'capacity' | 'quota'; message: string} | undefined,
    instances: string[] = [],
    place = 'aws:us-east-1',
  ): (JournalEvent & {run: string})[] => [
    {
      type: 'intent',
      run: 'now',
      step: id,
      what: {
        kind: 'launch',
        place,
        group: 'virginia',
        order: {
          mark: {fleet: 'web', dns: 'www.example.com', group: 'virginia', launch: id, spec: SPEC},
          count: 3,
          type,
          zone: zone(`${inZone}:small,large`),
          target,
          networkIds: [],
          userdataDigest: '',
        },
      },
    },
    {
      type: 'outcome',
      run: 'now',
      step: id,
      result: {kind: 'done', instances, ...(shortfall ? {shortfall} : {})},
    },
  ]
  const next = (events: JournalEvent[], seen = observed()) => {
    const {actions, notes} = plan(resolved, recorded(...events), seen, 'now')
    return [
      ...actions.flatMap(each =>
        each.kind === 'launch' ? [`${each.count} ${each.type} in ${each.zone.name}`] : [],
      ),
      ...notes.filter(({kind}) => kind === 'shortfall').map(({text}) => text),
    ]
  }
  const noRoom = (message: string) => ({kind: 'capacity', message}) as const

  test.each([
    [
      'in one zone is had from the other',
      launched('l-1', 'small', 'a', noRoom('No small in a.')),
      observed(),
      ['3 small in b'],
    ],
    [
      'of an order that was filled in part is topped up elsewhere',
      launched('l-1', 'small', 'a', noRoom('Room for 1.'), ['i-1']),
      observed({instances: [instance('i-1', {launch: 'l-1'})]}),
      ['2 small in b'],
    ],
    [
      'anywhere is had as the next type',
      [...launched('l-1', 'small', 'a', noRoom('No.')), ...launched('l-2', 'small', 'b', noRoom('No.'))],
      observed(),
      ['2 large in a', '1 large in b'],
    ],
    [
      'is told in its own words, each once',
      ['small', 'large'].flatMap(type =>
        ['a', 'b'].flatMap(at => launched(`${type} ${at}`, type, at, noRoom(`No ${type} today.`))),
      ),
      observed(),
      ['Group virginia is 3 short: No small today; No large today.'],
    ],
    [
      "for want of quota is asked for nowhere else, since the quota is the account's",
      launched('l-1', 'small', 'a', {kind: 'quota', message: 'You may run 32 vCPUs.'}),
      observed(),
      ['Group virginia is 3 short: You may run 32 vCPUs.'],
    ],
    [
      'after it accepted the launch is had elsewhere as well',
      launched('l-1', 'small', 'a', undefined, ['i-1', 'i-2', 'i-3']),
      observed({
        instances: ['i-1', 'i-2', 'i-3'].map(id =>
          instance(id, {launch: 'l-1', state: 'gone', unplaced: true, stateReason: 'No server has room.'}),
        ),
      }),
      ['3 small in b'],
    ],
    [
      'in an earlier place of the group says nothing of this one',
      launched('l-1', 'small', 'a', noRoom('No.'), [], 'aws:us-west-2'),
      observed(),
      ['2 small in a', '1 small in b'],
    ],
  ])('%s', (_rule, events, seen, expected) => {
    expect(next(events, seen)).toEqual(expected)
  })

  test('in an earlier run is asked for again', () => {
    const earlier = launched('l-1', 'small', 'a', noRoom('No.')).map(event => ({...event, run: 'before'}))
    expect(next(earlier)).toEqual(['2 small in a', '1 small in b'])
  })
})
