import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {RebuildReport} from '../../src/runs/rebuild-state.ts'
import type {RunReport} from '../../src/runs/run-flags.ts'
import {type Workplace, workplaces} from '../support/cli.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {mutatingCalls} from '../support/request-log.ts'

const all = workplaces()
afterAll(() => all.endAll())

test('history and state show read a fleet without a journal, and leave no trace', async () => {
  const place = all.open()
  place.write(fleetText({groups: {virginia: aws(1)}}))
  const before = readdirSync(place.folder)
  const history = await place.mcd(['history'])
  const state = await place.mcd(['state', 'show'])
  expect([history.exitCode, history.stdout, state.exitCode]).toEqual([0, 'Fleet web has no run yet.', 0])
  expect(state.stdout).toMatch(/^Fleet web has no journal yet: .*journal\.sqlite is not there\.$/)
  expect(readdirSync(place.folder)).toEqual(before)
})

describe('a fleet that serves', () => {
  let place: Workplace
  const text = (virginia: number) =>
    fleetText({groups: {virginia: aws(virginia), east: joyent(1, MNX)}}).replace('\n', '   # ours\n\n')
  const file = () => readFileSync(join(place.folder, 'real.yaml'), 'utf8')
  const journals = () => join(place.folder, '.mcd', 'sandbox', 'journals', 'web')
  const calls = async () => mutatingCalls(await place.sandbox())

  beforeAll(async () => {
    place = all.open()
    // As a checkout may have it: a link to a file that only its owner may write to.
    place.write(text(1), 'real.yaml')
    chmodSync(join(place.folder, 'real.yaml'), 0o640)
    symlinkSync('real.yaml', join(place.folder, 'mcd.yaml'))
    expect(await place.up()).toMatchObject({converged: true})
  })

  test.each([
    ['ends an instance and is not allowed to', ['virginia=0'], '1 instance would be ended'],
    ['takes the last address out', ['virginia=0', 'east=0', '--yes'], 'the last serving address out of www'],
    ['is beyond what a file may hold', ['virginia=10001'], 'mcd.yaml:8:55: count must be'],
  ])('a count that %s is refused, and the file stays as it is', async (_what, args, said) => {
    const {exitCode, stdout, stderr} = await place.mcd(['scale', ...args, '--sandbox'])
    expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''})
    expect(stderr).toContain(said)
    expect(file()).toBe(text(1))
  })

  test('scale changes the number and nothing else in the file, and the fleet', async () => {
    const {exitCode, json, stderr} = await place.mcd(['scale', 'virginia=2', '--sandbox', '--json'])
    expect([exitCode, json<RunReport & {scaled: unknown}>()]).toMatchObject([
      0,
      {converged: true, scaled: [{group: 'virginia', from: 1, to: 2}]},
    ])
    expect(stderr).toContain('mcd.yaml now says: virginia 1 → 2')
    expect(file()).toBe(text(2))
    expect(statSync(join(place.folder, 'real.yaml')).mode & 0o777).toBe(0o640)
    expect(lstatSync(join(place.folder, 'mcd.yaml')).isSymbolicLink()).toBe(true)
    expect(readdirSync(place.folder).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  test('status asks the servers and the resolver that it is told of, and why explains an instance by the beginning of its id', async () => {
    const {host, port} = (await place.sandbox()).endpoints.dns.route53
    const silent = '127.0.0.1:1'
    const resolvers = ['--resolver', `${host}:${port}`, '--resolver', silent]
    const status = await place.mcd(['status', '--sandbox', '--check', ...resolvers])
    expect([status.exitCode, status.stderr]).toEqual([0, ''])
    expect(status.stdout).toMatch(
      /ADDRESS +INSTANCE +IN ZONE +SERVERS +RESOLVERS\n(?: +\S+ +\S+ +yes +1 of 1 +1 of 1\n){3}/,
    )
    expect(status.stdout).toContain(`No answer from ${silent}.`)

    const [{id = ''} = {}] = (await place.status()).instances
    const why = await place.mcd(['why', id.slice(0, 10), '--sandbox', '--json'])
    expect([why.exitCode, why.json()]).toMatchObject([
      0,
      {instance: id, standing: 'lives', names: [{servers: {answering: 1, heard: 1}, resolvers: {heard: 0}}]},
    ])
    const unknown = await place.mcd(['why', `${id.slice(0, -1)}z`, '--sandbox'])
    expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining(`Did you mean "${id}"?`)])
  })

  test('history tells both runs, and draws one', async () => {
    const {json} = await place.mcd(['history', '--sandbox', '--json'])
    expect(json()).toMatchObject({
      runs: [{command: 'up'}, {command: 'scale', end: {exit: 0, converged: true}}],
    })
    const {exitCode, stdout} = await place.mcd(['history', 'last', '--sandbox', '--timeline', 'run.svg'])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('launch 1 × t3.micro')])
    expect(readFileSync(join(place.folder, 'run.svg'), 'utf8')).toMatch(
      /^<svg [\s\S]*launch 1 × t3\.micro[\s\S]*<\/svg>\n$/,
    )
  })

  test.each(['lost', 'damaged'])(
    'the journal %s: state rebuild finds everything, and up changes nothing',
    async how => {
      const before = await calls()
      renameSync(journals(), `${journals()}-${how}`)
      if (how === 'damaged') {
        mkdirSync(journals())
        writeFileSync(join(journals(), 'journal.sqlite'), 'not a journal, and not nothing')
        const refused = await place.mcd(['state', 'rebuild', '--sandbox'])
        expect([refused.exitCode, refused.stderr]).toEqual([
          2,
          expect.stringContaining('Add --yes to allow it.'),
        ])
        expect(readdirSync(journals())).toEqual(['journal.sqlite'])
      }
      const {exitCode, json} = await place.mcd(['state', 'rebuild', '--sandbox', '--yes', '--json'])
      const report = json<RebuildReport>()
      expect([exitCode, report.places.map(({instances}) => instances.length).sort()]).toEqual([0, [1, 2]])
      if (how === 'damaged') expect(readFileSync(report.movedTo ?? '', 'utf8')).toContain('not a journal')
      expect(existsSync(join(journals(), 'journal.sqlite'))).toBe(true)
      expect(await place.up()).toMatchObject({converged: true, actions: []})
      expect(await calls()).toEqual(before)
    },
  )
})
