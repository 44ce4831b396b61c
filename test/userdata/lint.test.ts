import {expect, test} from 'vitest'
import type {Scalar} from '../../src/fleet/model.ts'
import {Secret} from '../../src/secret.ts'
import {alignLines} from '../../src/userdata/align.ts'
import {templateValues} from '../../src/userdata/fill.ts'
import {lintTemplate} from '../../src/userdata/lint.ts'
import {kindOf} from '../../src/userdata/template.ts'
import {formatPlace} from '../../src/userdata/template-error.ts'
import {AWS, groupIn, webFleet} from '../support/userdata-fleet.ts'

function lint(
  lines: readonly string[],
  vars: Record<string, Scalar | Secret> = {},
  partials: Record<string, string> = {},
) {
  const text = `${lines.join('\n')}\n`
  const values = templateValues(webFleet({userdata: {template: 'mine', vars}}), groupIn(AWS))
  return lintTemplate({name: 'mine', kind: kindOf(text) ?? 'shell', text, partials}, values)
}
const told = (...args: Parameters<typeof lint>) =>
  lint(...args).findings.map(({rule, place, hint}) => [rule, formatPlace(place), hint])

test('every variable that is not there is told in one go, each with its place and the nearest name', () => {
  const lines = ['#!/bin/sh', 'echo {{ vars.titel }} {{ flet.name.x }}', '{% render "p" %} {{ vars.title }}']
  expect(told(lines, {title: 'x'}, {p: '{{ group.naem }}'})).toEqual([
    ['unknown-variable', 'mine:2:9', 'Did you mean "vars.title"?'],
    ['unknown-variable', 'mine:2:26', expect.stringContaining('There are vars.title, fleet.name')],
    ['unknown-variable', 'mine (p.liquid):1:4', 'Did you mean "group.name"?'],
  ])
})

test('what may be absent is not unknown', () => {
  const lines = ['#!/bin/sh', '{% if vars.a %}{{ vars.a }}{% endif %}{{ vars.b | default: "c" }}']
  expect(lint(lines)).toEqual({findings: [], filled: "#!/bin/sh\n'c'\n"})
})

test('a value that goes out as it is is told, but for facts that cannot break out and for what is quoted as a whole later', () => {
  const lines = [
    '#!/bin/sh',
    'x={{ vars.a | raw }}',
    'y={{ fleet.name | raw }}-{{ service.port | raw }} # {{ service.health.path | raw }}',
    '{% capture page %}<b>{{ vars.a | raw }}{% endcapture %}{% if vars.a %}{{ page }}{{ page | raw }}{% endif %}',
  ]
  expect(told(lines, {a: 'b'}).map(([rule, place]) => [rule, place])).toEqual([
    ['unquoted', 'mine:2:3'],
    ['unquoted', 'mine:3:53'],
    ['unquoted', 'mine:4:81'],
  ])
})

test('a value of the fleet file that the template never asks for is told, with the name that was meant', () => {
  const lines = ['#!/bin/sh', 'echo {{ vars.title | default: "" }} {% if vars.text %}{% endif %}']
  expect(told(lines, {titel: 'x', text: 'y'})).toEqual([['unused-variable', 'mine', 'Did you mean "title"?']])
  expect(told(['#!/bin/sh', 'echo {{ vars[group.name] | default: "" }}'], {virginia: 'x'})).toEqual([])
})

test('values that their quoting cannot protect are told by the lines of the template', () => {
  const lines = [
    '#cloud-config',
    '{% if vars.a %}',
    'a: x',
    '{% endif %}',
    'b: /srv/{{ vars.a }}',
    "c: '{{ vars.a }}'",
  ]
  expect(told(lines, {a: 'b'}).map(([rule, place]) => [rule, place])).toEqual([
    ['template', 'mine:5'],
    ['template', 'mine:6'],
  ])
})

test('nothing that is told holds a secret', () => {
  const secret = new Secret('hunter2', 'env:S')
  const lines = ['#cloud-config', 'a: "{{ vars.s | raw }}{{ vars.s }}"', '{% render vars.s %}']
  expect(JSON.stringify(lint(lines, {s: secret}))).not.toContain('hunter2')
})

test('lines that came from a line of the template are told by it, others are not', () => {
  const template = ['a', '{% if x %}', 'b {{ y }} c', '{{ z }}', '{% endif %}', 'd'].join('\n')
  const rendered = ['a', '', "b 'it' c", "'z'", 'out of nowhere', 'd'].join('\n')
  const lineOf = alignLines(template, rendered)
  expect([1, 3, 4, 5, 6].map(lineOf)).toEqual([1, 3, 4, undefined, 6])
})
