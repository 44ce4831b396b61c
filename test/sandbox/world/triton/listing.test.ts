import {expect, test} from 'vitest'
import {tritonStage} from '../../../support/triton-world.ts'

function stageWith(...machines: Record<string, unknown>[]) {
  const stage = tritonStage()
  const [image, pkg] = [stage.triton.stock.images[0]?.id, stage.triton.stock.packages[0]?.id]
  for (const [index, rest] of machines.entries())
    stage.triton.place({image, package: pkg, ...rest}, {ageMs: 60_000 * (index + 1)})
  return stage
}

const names = (stage: ReturnType<typeof tritonStage>, params: Record<string, unknown>) =>
  stage.session.machines.list(params).machines.map(({name}) => name)

test.each<[string, Record<string, unknown>, string[]]>([
  ['nothing asked: all, newest first', {}, ['web-1', 'web-10', 'db-1']],
  ['a name is a prefix', {name: 'web-1'}, ['web-1', 'web-10']],
  ['a tag as text matches the number', {'tag.n': '1'}, ['web-1']],
  ['a tag as boolean matches', {'tag.live': 'true'}, ['web-10']],
  ['tags are joined by AND', {'tag.n': '1', 'tag.live': 'true'}, []],
  ['a tag that nobody has', {'tag.role': 'web'}, []],
  ['tags=* overrides the others', {tags: '*', name: 'db'}, ['web-1', 'web-10', 'db-1']],
  ['provisioning means everything alive', {state: 'provisioning'}, ['web-1', 'web-10', 'db-1']],
  ['running', {state: 'running'}, ['web-1', 'web-10', 'db-1']],
  ['stopped', {state: 'stopped'}, []],
  ['docker', {docker: 'true'}, []],
  ['type', {type: 'virtualmachine'}, ['web-1', 'web-10', 'db-1']],
  ['memory', {memory: '512'}, ['web-1', 'web-10', 'db-1']],
  ['brand', {brand: 'kvm'}, []],
  ['a page', {limit: '1', offset: '1'}, ['web-10']],
  ['an odd extra key is ignored', {useCache: 'true'}, ['web-1', 'web-10', 'db-1']],
])('%s', (_rule, params, expected) => {
  const stage = stageWith({name: 'web-1', 'tag.n': 1}, {name: 'web-10', 'tag.live': true}, {name: 'db-1'})
  expect(names(stage, params)).toEqual(expected)
})

test.each([
  {state: 'deleted'},
  {state: 'failed'},
  {limit: '1001'},
  {limit: '0'},
  {offset: '-1'},
  {type: 'container'},
  {docker: 'maybe'},
])('%o is refused', params => {
  expect(() => stageWith().session.machines.list(params)).toThrow(
    expect.objectContaining({code: 'InvalidArgument'}),
  )
})

test('one answer holds 1,000 instances at most', () => {
  const stage = stageWith(...Array.from({length: 1_001}, (_, index) => ({name: `web-${index}`})))
  const {machines, limit} = stage.session.machines.list()
  expect([machines.length, limit]).toEqual([1_000, 1_000])
  expect(stage.session.machines.list({offset: 1_000}).machines).toHaveLength(1)
})

test('another account sees nothing of it', () => {
  const stage = stageWith({name: 'web-1'})
  stage.triton.addAccount('other')
  const other = stage.triton.session('other', {name: 'operator'})
  expect(other.machines.list().machines).toEqual([])
  const [machine] = stage.session.machines.list().machines
  expect(() => other.machines.get(machine?.id ?? '')).toThrow(expect.objectContaining({status: 404}))
})
