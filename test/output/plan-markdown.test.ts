import {afterEach, expect, test} from 'vitest'
import type {Plan} from '../../src/fleet/plan/action.ts'
import {rememberCall} from '../../src/output/call.ts'
import {planMarkdown} from '../../src/output/plan-markdown.ts'

const launch: Plan['actions'][number] = {
  kind: 'launch',
  key: 'launch virginia a',
  place: 'aws:us-east-1',
  group: 'virginia',
  count: 2,
  type: 't3.micro',
  zone: {name: 'us-east-1a', types: ['t3.micro']},
  reason: '2 of 2 are missing',
  after: [],
}

test('a plan has its verdict first, its remarks next, and the rest to unfold', () => {
  const note = {kind: 'warning', text: 'drain.wait is <short> for *all*', blocks: true} as const
  const text = planMarkdown(
    'web',
    {actions: [launch], notes: [note]},
    '~ userdata of group virginia\n    -old\n    +new',
  )
  expect(text).toBe(`### mcd plan: fleet \`web\`

**Plan: 2 to launch, 0 to end, 0 DNS changes.**

> [!WARNING]
> drain.wait is \\<short\\> for \\*all\\*

<details open>
<summary>Actions</summary>

\`\`\`
+ launch 2 × t3.micro in us-east-1a for group virginia  (2 of 2 are missing)
\`\`\`

</details>

<details open>
<summary>Userdata</summary>

\`\`\`diff
~ userdata of group virginia
-old
+new
\`\`\`

</details>
`)
})

test('what holds a fence of its own gets a longer one', () => {
  const text = planMarkdown('web', {actions: [launch], notes: []}, '+ a page with ````')
  expect(text).toContain('`````diff\n+ a page with ````\n`````')
})

test('nothing to do is one line', () => {
  expect(planMarkdown('web', {actions: [], notes: []}, '')).toBe(
    '### mcd plan: fleet `web`\n\n**Nothing to do: the fleet is as declared.**\n',
  )
})

afterEach(() => rememberCall({commands: new Map()}))

test('commands are completed in what mcd says, and in no line of the userdata', () => {
  rememberCall({file: ['web.yaml'], commands: new Map([['up', ['file']]])})
  const blocked = {...launch, reason: 'asked for by "mcd up"'}
  const text = planMarkdown('web', {actions: [blocked], notes: []}, '+ echo "mcd up"')
  expect(text).toContain('(asked for by "mcd up -f web.yaml")')
  expect(text).toContain('\n+ echo "mcd up"\n')
})
