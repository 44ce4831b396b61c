import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Parser} from '@oclif/core'
import {afterAll, expect, test} from 'vitest'
import Up from '../../src/commands/up.ts'
import {savePlan} from '../../src/fleet/inspect/saved-plan.ts'
import {checkUnmoved, readPlanFile} from '../../src/runs/plan-file.ts'
import {VERSION} from '../../src/version.ts'
import {
  desired,
  fleet,
  group,
  instance,
  observed,
  recorded,
  VIRGINIA,
  wish,
} from '../support/fleet-builder.ts'

const wanted = desired(fleet([group('virginia', 1)]))
const before = {desired: wanted, recorded: recorded(), observed: observed({}), plan: {actions: [], notes: []}}
const saved = savePlan(before, {mcd: '1', madeAt: '2026-01-01T00:00:00Z', refreshImages: false})
const after = {...before, observed: observed({instances: [instance('i-1')]})}
const note = {kind: 'shortfall', text: 'there is no room', blocks: true} as const

test('a plan that has come true is carried out again by doing nothing', () => {
  expect(() => checkUnmoved('p.json', saved, after)).not.toThrow()
})

test('one that was made with other wishes is not, though nothing is to be done for those of now', () => {
  const now = {...after, desired: desired(fleet([group('virginia', 2)]))}
  expect(() => checkUnmoved('p.json', saved, now)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /not carried out.*\n {2}group virginia is declared otherwise: 1 .* then, 2 /,
      ),
      suggestions: expect.arrayContaining(['Give every -f and --set that the plan was made with.']),
    }),
  )
})

test('one that no longer holds is made anew under its name, as it was asked for', () => {
  const now = {...after, desired: desired(fleet([group('virginia', 2)]))}
  expect(() => checkUnmoved('my plan.json', {...saved, refreshImages: true}, now)).toThrow(
    expect.objectContaining({
      suggestions: expect.arrayContaining(["Make it anew: mcd plan --refresh-images --out 'my plan.json'"]),
    }),
  )
})

test.each([
  ['tags', {tags: {team: 'shop'}}],
  ['deletion protection', {deletionProtection: true}],
  ['zones', {zones: ['us-east-1a']}],
])(
  'one whose launches would take other %s with them is not, though no launch spec holds these',
  (_, over) => {
    const now = {...before, desired: desired(fleet([group('virginia', 1, {wish: wish(over)})]))}
    expect(() => checkUnmoved('p.json', saved, now)).toThrow(
      'settings of group virginia is declared otherwise',
    )
  },
)

test('one that was made while a cloud was silent is refused for that, and not for other wishes', () => {
  const {key} = VIRGINIA
  const groups = wanted.groups.map(({group}) => ({group}))
  const then = {...before, desired: {...wanted, groups}, observed: observed({unreadable: [key]})}
  const silent = savePlan(then, {mcd: '1', madeAt: 'then', refreshImages: false})
  expect(() => checkUnmoved('p.json', silent, after)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(new RegExp(`has moved\\.\n {2}${key} answers again$`)),
      suggestions: expect.not.arrayContaining([expect.stringContaining('--set')]),
    }),
  )
})

test('one that something stands in the way of is not', () => {
  const blocked = {...after, plan: {actions: [], notes: [note]}}
  expect(() => checkUnmoved('p.json', saved, blocked)).toThrow(
    /not carried out.*\n {2}instance i-1 .* has come/,
  )
})

/** Beyond the first step of a rollout nothing of it would show in the plan that was approved. */
test.each(['--now', '--batch=1', '--pause=1m', '--refresh-images'])(
  'one is not carried out in another way than it was shown: %s goes not with it',
  async flag => {
    const parsing = Parser.parse(['--plan', 'p.json', flag], {flags: Up.flags})
    await expect(parsing).rejects.toThrow(/cannot also be provided when using --plan/)
  },
)

const folder = mkdtempSync(join(tmpdir(), 'mcd-plan-file-'))
afterAll(() => rmSync(folder, {recursive: true}))

function fileOf(content: unknown): string {
  const path = join(folder, 'p.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const whole = {...saved, mcd: VERSION}

test('a file holds the plan that was saved', () => {
  const path = fileOf(whole)
  expect(readPlanFile(path)).toEqual({...whole, path})
})

test.each<[what: string, content: unknown]>([
  ['cut short', JSON.stringify(whole).slice(0, -20)],
  ['empty', ''],
  ['no mapping', []],
  ['without a part of its picture', {...whole, picture: {...whole.picture, actions: undefined}}],
  ['with another kind of thing in its picture', {...whole, picture: {...whole.picture, declared: null}}],
  ['with something else than a list of whom it ends', {...whole, ends: {}}],
])('one that is %s is a mistake in usage, told before a run begins', (_, content) => {
  expect(() => readPlanFile(fileOf(content))).toThrow(
    expect.objectContaining({
      name: 'UsageError',
      message: expect.stringContaining('is no plan that this mcd can carry out'),
    }),
  )
})
