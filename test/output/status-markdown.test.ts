import {afterEach, expect, test} from 'vitest'
import type {FleetStatus} from '../../src/fleet/status/report.ts'
import {completed, rememberCall} from '../../src/output/call.ts'
import {page} from '../../src/output/markdown.ts'
import {reportMarkdown, statusMarkdown} from '../../src/output/status-markdown.ts'

const name = {
  provider: 'route53',
  name: 'www.example.com',
  type: 'A' as const,
  ttlSeconds: 60,
  readable: true,
  records: [],
}
const web: FleetStatus = {
  fleet: 'web',
  converged: true,
  groups: [{name: 'virginia', provider: 'aws', region: 'us-east-1', desired: 1, live: 1, reachable: true}],
  instances: [],
  dns: name,
  names: [name],
  differences: [],
  remarks: [],
}

test('a fleet as declared is one sentence and its tables', () => {
  expect(statusMarkdown(web)).toBe(`### mcd status: fleet \`web\`

**Fleet web is as declared.**

<details open>
<summary>Fleet</summary>

\`\`\`
GROUP     PLACE          WANTED  LIVE
virginia  aws us-east-1  1       1

www.example.com in route53, TTL 60 s: no addresses
\`\`\`

</details>
`)
})

test('each difference stands above the tables with what mends it', () => {
  const text = 'i-0abc is healthy and not in DNS.'
  const differing = {...web, converged: false, differences: [{kind: 'missing-in-dns', text, fix: 'mcd sync'}]}
  expect(statusMarkdown(differing)).toContain(
    '**Fleet web differs: 1 difference.**\n\n- i-0abc is healthy and not in DNS. → mcd sync\n\n<details open>',
  )
})

test('what a run has not done comes first, as a warning', () => {
  const report = {...web, shortcomings: ['launch east: no room'], notes: []}
  expect(reportMarkdown(report, 'up', 'Not all is done.')).toContain(
    '### mcd up: fleet `web`\n\n**Not all is done.**\n\n> [!WARNING]\n> launch east: no room\n',
  )
})

test('no value is markup, ends a fence, opens a comment or calls a person by name', () => {
  const nasty = '`</details>` **b** <!-- | @acme/ops #1 $x$ &lt; [a](b) ~~c~~'
  const text = statusMarkdown({
    ...web,
    remarks: [nasty],
    names: [{...name, records: [{value: '```\n</details>', owned: false, ttlSeconds: 60}]}],
  })
  const [said = '', tables = ''] = text.split('<details open>')
  expect(said).toContain(
    '> \\`\\</details\\>\\` \\*\\*b\\*\\* \\<!-- \\| @\u200Bacme/ops \\#1 \\$x\\$ \\&lt; \\[a\\](b) \\~\\~c\\~\\~',
  )
  expect(tables).toMatch(/\n````\nGROUP.*```\n<\/details>.*\n````\n\n<\/details>\n$/s)
})

test('what does not fit a comment is left out from the end, closed where it was open, and said', () => {
  const lines = Array.from({length: 4_000}, (_, index) => `+ line ${index} of the plan`)
  const long = page(['### web', '', '<details open>', '', '````diff', ...lines, '````', '', '</details>', ''])
  expect(long.length).toBeLessThan(60_300)
  const [, left] =
    /\n````\n\n<\/details>\n\n> \[!WARNING\]\n> (\d+) more lines do not fit here\./.exec(long) ?? []
  const last = /\+ line (\d+) of the plan\n````/.exec(long)?.[1]
  expect(Number(last) + Number(left)).toBe(4_003)
  expect(page(['short', ''])).toBe('short\n')
})

afterEach(() => rememberCall({commands: new Map()}))

test('the flags of this call in a command to paste are text, too', () => {
  rememberCall({
    file: ['*.yaml'],
    set: ['groups.web.vars.title=x'],
    commands: new Map([['sync', ['file', 'set']]]),
  })
  const differing = {...web, differences: [{kind: 'missing-in-dns', text: 'It differs.', fix: 'mcd sync'}]}
  expect(completed(statusMarkdown(differing))).toContain(
    "- It differs. → mcd sync -f '\\*.yaml' --set groups.web.vars.title=\\<VALUE\\>\n",
  )
})
