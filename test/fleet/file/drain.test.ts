import {expect, test} from 'vitest'
import {fleetFile, mistakesIn, parse} from '../../support/fleet-file.ts'

const drain = (says: string) => fleetFile(['drain: {wait: auto}', `drain: ${says}`])

test.each<[rule: string, says: string, drainQuiet: unknown]>([
  ['nobody is watched for unless asked for', '{wait: auto}', undefined],
  ['false is the same as nothing', '{quiet: false}', undefined],
  [
    'true: 30 s over ssh, for ten minutes at most',
    '{quiet: true}',
    {forMs: 30_000, maxMs: 600_000, by: {kind: 'ssh'}},
  ],
  [
    'a time of its own, and a user of its own',
    '{quiet: 2m, max: 24h, ssh: {user: ubuntu}}',
    {forMs: 120_000, maxMs: 86_400_000, by: {kind: 'ssh', user: 'ubuntu'}},
  ],
  [
    'a page of the service',
    '{wait: 30s, quiet: true, counter: /in-flight}',
    {forMs: 30_000, maxMs: 600_000, by: {kind: 'counter', path: '/in-flight'}},
  ],
])('quiet: %s', (_rule, says, drainQuiet) => {
  expect(parse(drain(says)).drainQuiet).toEqual(drainQuiet)
})

test.each<[rule: string, says: string, mistakes: string[]]>([
  [
    'what belongs to it needs it',
    '{max: 10m, counter: /n}',
    [
      'mcd.yaml:27:9: max is for "quiet: true", which is not there (add "quiet: true")',
      'mcd.yaml:27:19: counter is for "quiet: true", which is not there (add "quiet: true")',
    ],
  ],
  [
    'one way of counting',
    '{quiet: true, counter: /n, ssh: {}}',
    ['mcd.yaml:27:35: connections are counted over ssh or by the counter, not both (keep one of the two)'],
  ],
  [
    'a day is the most',
    '{quiet: true, max: 25h}',
    ['mcd.yaml:27:27: max must be at most 24h (the longest caches hold an address for a day)'],
  ],
  [
    'it can be reached',
    '{quiet: true, max: 20s}',
    ['mcd.yaml:27:27: max (20s) ends before anybody can have been quiet for 30s (give max a longer time)'],
  ],
  [
    'it can be reached with what is not written, too',
    '{quiet: 15m}',
    ['mcd.yaml:27:16: max (10m) ends before anybody can have been quiet for 15m (give max a longer time)'],
  ],
  [
    'a word for it',
    '{quiet: yes please}',
    ['mcd.yaml:27:16: quiet must be true, false, or a duration such as "30s", not "yes please"'],
  ],
  [
    'a counter on another host',
    '{quiet: true, counter: "http://example.com/n"}',
    ['mcd.yaml:27:31: counter must be a path that begins with "/", not "http://example.com/n"'],
  ],
  [
    'a user that would be an option',
    '{quiet: true, ssh: {user: -oProxyCommand=x}}',
    ['mcd.yaml:27:34: user must be the name of a user, not "-oProxyCommand=x"'],
  ],
])('refused: %s', (_rule, says, mistakes) => {
  expect(mistakesIn(drain(says))).toEqual(mistakes)
})
