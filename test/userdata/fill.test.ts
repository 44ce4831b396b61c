import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {McdError} from '../../src/errors.ts'
import type {Scalar} from '../../src/fleet/model.ts'
import {Secret} from '../../src/secret.ts'
import {fillTemplate, mask, origin, reveal, templateValues} from '../../src/userdata/fill.ts'
import {kindOf, type Template} from '../../src/userdata/template.ts'
import {nasty} from '../support/nasty-text.ts'
import {AWS, groupIn, TRITON, webFleet} from '../support/userdata-fleet.ts'

const template = (text: string, partials: Template['partials'] = {}): Template => ({
  name: 'mine',
  kind: kindOf(text) ?? 'shell',
  text,
  partials,
})
const valuesWith = (vars: Record<string, Scalar | Secret>, place = AWS) =>
  templateValues(webFleet({userdata: {template: 'mine', vars}}), groupIn(place))
const fill = (text: string, vars: Record<string, Scalar | Secret> = {}) =>
  fillTemplate(template(text), valuesWith(vars), reveal)
const yaml = (body: string) => `#cloud-config\n${body}\n`
const script = (body: string) => `#!/bin/sh\n${body}\n`
const errorOf = (act: () => unknown): McdError => {
  try {
    act()
  } catch (error) {
    return error as McdError
  }
  throw new Error('nothing was refused')
}

describe('values are quoted for the kind of document', () => {
  test.each([
    ['a text, as a YAML scalar', yaml('a: {{ vars.v }}'), 'x: [1] # "no"', 'a: "x: [1] # \\"no\\""'],
    ['a text, as a word of a shell', script('echo {{ vars.v }}'), "it's $HOME", "echo 'it'\\''s $HOME'"],
    ['a number stands bare', yaml('a: {{ vars.v }}'), 80, 'a: 80'],
    ['a truth stands bare', script('echo {{ vars.v }}'), true, 'echo true'],
    ['what looks like a number but is a text stays a text', yaml('a: {{ vars.v }}'), '0123', 'a: "0123"'],
    ['line breaks of YAML 1.1 are escaped', yaml('a: {{ vars.v }}'), '\u2028\u0085', 'a: "\\u2028\\u0085"'],
    ['raw leaves it as it is', yaml('a: |\n  {{ vars.v | raw }}'), 'b', 'a: |\n  b'],
    [
      'a captured text is one value',
      yaml('{% capture c %}<{{ vars.v | raw }}>{% endcapture %}a: {{ c }}'),
      'b',
      'a: "<b>"',
    ],
  ])('%s', (_rule, text, value, expected) => {
    expect(fill(text, {v: value})).toContain(expected)
  })
})

test('fleet, group and service facts are there, empty where a cloud has none', () => {
  const text = script(
    'echo {{ fleet.name }} {{ fleet.dns }} {{ group.name }} {{ group.provider }} {{ group.region }} {{ service.port }} {{ service.health.path }} {{ service.health.interval }}',
  )
  expect(fillTemplate(template(text), valuesWith({}), reveal)).toContain(
    "echo 'web' 'www.example.com' 'virginia' 'aws' 'us-east-1' 80 '/' 5",
  )
  expect(fillTemplate(template(text), valuesWith({}, TRITON), reveal)).toContain("'joyent' '' 80")
})

describe('mistakes are told with their place', () => {
  test.each([
    [
      'an unknown variable',
      yaml('a:\n  {{ vars.titel }}'),
      'mine:3:6: undefined variable: vars.titel',
      'Did you mean "vars.title"?',
    ],
    [
      'a variable that the fleet file lacks',
      yaml('a: {{ vars.colour }}'),
      'mine:2:7: undefined variable: vars.colour',
      'userdata.vars',
    ],
    [
      'an unknown filter',
      yaml('a: {{ vars.title | shout }}'),
      'mine:2:4: undefined filter: shout',
      undefined,
    ],
    ['a tag that is not closed', yaml('{% if vars.title %}'), 'mine:2:1: ', undefined],
    [
      'a filter that reads the clock',
      yaml("a: {{ 'now' | date: '%s' }}"),
      'undefined filter: date',
      undefined,
    ],
    [
      'a file from outside',
      yaml("{% include '/etc/passwd' %}"),
      'mine:2:1: there is no partial "/etc/passwd"',
      undefined,
    ],
    ['what a value was made of', yaml('a: {{ vars.title.constructor }}'), 'undefined variable', undefined],
    ['a document that is no YAML', yaml('a: [{{ vars.title }}'), 'is not valid YAML', undefined],
    ['a first line that is lost', yaml('{%- if true -%}a: 1{% endif %}'), 'its first line', undefined],
    ['the line of what is never closed', yaml('a: [1,\n'), 'is not valid YAML at: a: [1,', undefined],
  ])('%s', (_rule, text, message, suggestion) => {
    const error = errorOf(() => fill(text, {title: 'x'}))
    expect(error).toBeInstanceOf(McdError)
    expect(error.message).toContain(message)
    if (suggestion) expect(error.suggestions.join()).toContain(suggestion)
  })
})

describe('partials', () => {
  const filled = (text: string, partials: Record<string, string>) =>
    fillTemplate(template(text, partials), valuesWith({v: "it's"}), reveal)

  test('quote as the document does, see the facts, and what they are given', () => {
    const partials = {hello: 'echo {{ greeting }} {{ vars.v }} {{ fleet.name }}'}
    expect(filled(script("{% render 'hello', greeting: 'a b' %}"), partials)).toContain(
      "echo 'a b' 'it'\\''s' 'web'",
    )
    expect(filled(script("{% assign greeting = 'a b' %}{% include 'hello' %}"), partials)).toContain(
      "echo 'a b' 'it'\\''s' 'web'",
    )
  })

  test('are only those beside the document, and a mistake in one is told with its name', () => {
    const partials = {page: 'a\n {{ vars.w }}', loop: "{% render 'loop' %}"}
    for (const [name, message] of [
      ['../page', 'mine:2:1: there is no partial "../page"'],
      ['/etc/hostname', 'mine:2:1: there is no partial "/etc/hostname"'],
      ['page', 'mine (page.liquid):2:5: undefined variable: vars.w'],
      ['loop', 'its partials render each other without end'],
    ])
      expect(errorOf(() => filled(script(`{% render '${name}' %}`), partials)).message).toContain(message)
    expect(errorOf(() => filled(script("{% render 'pgae' %}"), partials)).suggestions).toEqual([
      'Did you mean "page"?',
    ])
  })

  test('cannot hide a value where its quoting does not protect it', () => {
    expect(errorOf(() => filled(script('echo "{% render \'v\' %}"'), {v: '{{ vars.v }}'})).message).toContain(
      'echo {{ … }}',
    )
  })
})

describe('a value stands only where its quotes protect it', () => {
  test.each([
    ['not inside double quotes of YAML', yaml('a: "{{ vars.v }}"')],
    ['not inside single quotes of YAML', yaml("a: '{{ vars.v }}'")],
    ['not as a part of a YAML scalar', yaml('a: /srv/{{ vars.v }}')],
    ['not inside a block of text', yaml('a: |\n  x {{ vars.v }}')],
    ['not inside double quotes of a shell', script('echo "a {{ vars.v }}"')],
    ['not inside single quotes of a shell', script("echo 'a {{ vars.v }}'")],
    ['not inside a here-document', script('cat <<EOF\n{{ vars.v }}\nEOF')],
    ['not inside one that is quoted or indented', script("cat <<-'EOF'\n\t{{ vars.v }}\n\tEOF")],
    ['not inside quotes within a substitution', script('x=$(echo "{{ vars.v }}")')],
    ['not after an escaped quote within quotes', script('echo "\\" {{ vars.v }}"')],
  ])('%s', (_rule, text) => {
    const error = errorOf(() => fill(text, {v: 'x'}))
    expect(error.message).toContain('{{ … }}')
    expect(error.message).toContain('puts a value where its quoting cannot protect it')
    expect(error.suggestions).not.toEqual([])
  })

  test.each([
    ['a value of a mapping, an item, a key', yaml('a: {{ vars.v }}\nb: [{{ vars.v }}, x]\n{{ vars.v }}: c')],
    ['a comment, of which it cannot get out', yaml('a: b # {{ vars.v }}')],
    ['a number anywhere', yaml('a: |\n  listen {{ service.port }};')],
    ['a word, a part of a word, an assignment', script('x={{ vars.v }} echo a{{ vars.v }}b "$x"')],
    [
      'after quotes, comments and here-documents have ended',
      script("echo \"it's\" 'a\"b' \u0024{x#y} # it's\ncat <<EOF\nit's\nEOF\necho {{ vars.v }}"),
    ],
    ['a substitution within quotes', script('echo "$(printf %s {{ vars.v }})"')],
  ])('%s is well', (_rule, text) => {
    expect(() => fill(text, {v: 'x'})).not.toThrow()
  })
})

describe('secrets', () => {
  const vars = {password: new Secret('pa"ss$word', 'env:PASSWORD')}
  const text = yaml('password: {{ vars.password }}')

  test('are in what is sent, masked in what is shown, and by origin in hashes', () => {
    expect(fillTemplate(template(text), valuesWith(vars), reveal)).toContain('"pa\\"ss$word"')
    expect(fillTemplate(template(text), valuesWith(vars), mask)).toBe('#cloud-config\npassword: "***"\n')
    expect(fillTemplate(template(text), valuesWith(vars), origin)).toContain('secret from env:PASSWORD')
  })

  test('are in no error', () => {
    const error = errorOf(() => fill(yaml('a: "{{ vars.password }}"'), vars))
    expect(error.message).not.toContain('pa"ss')
    const key = new Secret('-----BEGIN KEY-----\nsecret line', 'env:KEY')
    const shown = [
      errorOf(() => fill(yaml('a: "{{ vars.key }}" {{ vars.key | raw }}'), {key})),
      errorOf(() => fill(yaml('{% render vars.key %}'), {key})),
    ]
    for (const {message} of shown) expect(message).not.toMatch(/BEGIN KEY|secret line/)
  })
})

const RUNS = process.env.MCD_LONG ? 10_000 : 300
test('whatever a value holds, the YAML holds exactly that', () => {
  const text = yaml('a: {{ vars.v }}\nlist: [{{ vars.v }}, {b: {{ vars.v }}}]\nafter: here')
  fc.assert(
    fc.property(nasty, value => {
      expect(parse(fill(text, {v: value}))).toEqual({a: value, list: [value, {b: value}], after: 'here'})
    }),
    {numRuns: RUNS},
  )
})

test('whatever a value holds, the shell sees exactly that and runs none of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcd-canary-'))
  try {
    fc.assert(
      // Many values in one script: a process for each would take minutes.
      fc.property(fc.array(nasty, {minLength: 20, maxLength: 20}), texts => {
        const vars = Object.fromEntries(texts.map((value, index) => [`v${index}`, value]))
        const body = texts.map(
          (_value, index) => `x={{ vars.v${index} }}; printf '%s\\0' "$x" {{ vars.v${index} }}`,
        )
        const filled = fill(script(body.join('\n')), vars)
        expect(spawnSync('sh', ['-n'], {input: filled}).status).toBe(0)
        const {stdout} = spawnSync('sh', ['-s'], {input: filled, cwd: folder})
        expect(stdout.toString().split('\0').slice(0, -1)).toEqual(texts.flatMap(value => [value, value]))
        expect(existsSync(join(folder, 'canary'))).toBe(false)
      }),
      {numRuns: RUNS / 20},
    )
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
})
