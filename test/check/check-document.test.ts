import {expect, test} from 'vitest'
import {checkDocument} from '../../src/check/check-document.ts'
import {scriptsOf} from '../../src/check/scripts.ts'
import {templateValues} from '../../src/userdata/fill.ts'
import {lintTemplate} from '../../src/userdata/lint.ts'
import {kindOf, loadTemplate, type Template} from '../../src/userdata/template.ts'
import {formatPlace} from '../../src/userdata/template-error.ts'
import {has} from '../support/programs.ts'
import {AWS, groupIn, webFleet} from '../support/userdata-fleet.ts'

const ALL = ['sh', 'shellcheck', 'cloud-init']

function check(template: Template, vars: Record<string, string | boolean> = {}) {
  const values = templateValues(webFleet({userdata: {template: 'mine', vars}}), groupIn(AWS))
  const {findings, filled = ''} = lintTemplate(template, values)
  expect(findings).toEqual([])
  return checkDocument(template, filled)
}
const mine = (...lines: string[]): Template => {
  const text = `${lines.join('\n')}\n`
  return {name: 'mine', kind: kindOf(text) ?? 'shell', text, partials: {}}
}
const told = (...args: Parameters<typeof check>) =>
  check(...args).findings.map(({place, message}) => `${formatPlace(place)} ${message}`)

test('the scripts of a document are itself, its files of a shell, and its commands', () => {
  const document = `#cloud-config
write_files:
  - {path: /a, content: "#!/bin/bash\\nb"}
  - {path: /c, content: "#!/usr/bin/python3"}
bootcmd: [d]
runcmd:
  - [sh, -c, e, f]
  - [rm, -f, g]
`
  expect(scriptsOf('cloud-config', document)).toEqual([
    {text: '#!/bin/bash\nb', shell: 'bash', within: '/a', line: 3},
    {text: 'd', shell: 'sh', within: 'bootcmd[0]', line: 5},
    {text: 'e', shell: 'sh', within: 'runcmd[0]', line: 7},
  ])
  expect(scriptsOf('shell', '#!/usr/bin/env bash\n')).toMatchObject([{shell: 'bash', within: '', line: 1}])
  expect(scriptsOf('shell', '#!/usr/bin/python3\n')).toEqual([])
})

test.skipIf(!has('sh'))(
  'a script that its shell cannot read is told by the line of the template (needs sh)',
  () => {
    const script = mine('#!/bin/sh', '{% if vars.a %}', 'x={{ vars.a }}', '{% endif %}', 'echo )')
    expect(told(script, {a: 'b'})).toEqual([expect.stringMatching(/^mine:5 sh -n: Syntax error: "\)"/)])
    const config = mine('#cloud-config', 'runcmd:', '  - echo one', '  - [sh, -c, "echo\\nif"]')
    expect(told(config)[0]).toMatch(/^mine:4 sh -n: line 2 of runcmd\[1\]: Syntax error/)
  },
)

test.skipIf(!has('shellcheck'))('what shellcheck warns of is told (needs shellcheck)', () => {
  expect(told(mine('#!/bin/sh', 'cd {{ fleet.name }}'))).toEqual([
    expect.stringMatching(/^mine:2 shellcheck: .* \(SC2164\)$/),
  ])
})

test.skipIf(!has('cloud-init'))(
  "what cloud-init's schema refuses is told by the line of the template (needs cloud-init)",
  () => {
    expect(
      told(mine('#cloud-config', 'package_update: {{ fleet.name }}', 'runcmd:', '  - true', '  - 5')),
    ).toEqual([
      expect.stringMatching(/^mine:2 cloud-init: package_update: 'web' is not/),
      expect.stringMatching(/^mine:4 cloud-init: runcmd.0: True is not/),
      expect.stringMatching(/^mine:5 cloud-init: runcmd.1: 5 is not/),
    ])
  },
)

test('a program that is not here is named instead of taken for content', () => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    expect([...check(mine('#cloud-config', 'runcmd: [a]')).absent]).toEqual([
      'sh -n',
      'shellcheck',
      'cloud-init schema',
    ])
  } finally {
    process.env.PATH = path
  }
})

const SITE = {
  site: 'https://example.com/site.tgz',
  sha256: 'ab',
  certificate: 'PEM',
  key: 'PEM',
  upgrade: false,
}
test.skipIf(!ALL.every(has)).each([
  ['nginx', {}],
  ['nginx', {title: "it's", text: 'a "b"', page: '<p>'}],
  ['nginx', SITE],
  ['nginx/userdata.sh', {title: "it's", text: 'a "b"'}],
  ['nginx/userdata.sh', SITE],
  ['shell', {text: '$(x)'}],
  ['program', {archive: 'https://example.com/a.tgz', sha256: 'ab'}],
  ['program', {archive: 'a', sha256: 'ab', command: 'exec ./a "$PORT"', packages: 'b c', environment: 'D=e'}],
])('%s with %o has nothing to be told (needs sh, shellcheck, cloud-init)', (name, vars) => {
  expect(check(loadTemplate(name, '/fleets/web'), vars)).toEqual({findings: [], absent: new Set()})
})
