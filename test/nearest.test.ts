import {expect, test} from 'vitest'
import {nearest} from '../src/nearest.ts'

test.each([
  // rule                                  word            candidates                          meant
  ['finds a swap of neighbours', 'cuont', ['type', 'count', 'image'], 'count'],
  ['finds a missing letter', 'regon', ['region', 'provider'], 'region'],
  ['finds a wrong case', 'KeyPair', ['keyPair', 'profile'], 'keyPair'],
  [
    'finds an alias with a wrong letter',
    'ubunut-24.04',
    ['debian-12', 'ubuntu-22.04', 'ubuntu-24.04'],
    'ubuntu-24.04',
  ],
  ['prefers the nearer one', 'tags', ['tag', 'tags'], 'tags'],
  ['of equally near ones takes the first', 'bat', ['cat', 'hat'], 'cat'],
  ['keeps quiet when nothing is near', 'colour', ['count', 'type', 'image'], undefined],
  ['does not take short words for each other', 'type', ['spot'], undefined],
  ['does not take single letters for each other', 'a', ['b'], undefined],
  ['knows no candidates', 'count', [], undefined],
] as const)('%s', (_rule, word, candidates, meant) => {
  expect(nearest(word, candidates)).toBe(meant)
})
