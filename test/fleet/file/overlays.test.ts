import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {FleetFileError} from '../../../src/errors.ts'
import {layFiles, parseFleetFile} from '../../../src/fleet/file/parse.ts'
import type {Fleet} from '../../../src/fleet/model.ts'
import {FLEET_FILE, fleetFile} from '../../support/fleet-file.ts'

type Over = {readonly base?: string; readonly env?: Record<string, string>; readonly settings?: string[]}

function laid(overlay: string | string[], {base = FLEET_FILE, env = {}, settings = []}: Over = {}): Fleet {
  const overlays = [overlay].flat().map((text, index) => ({name: `over${index + 1}.yaml`, text}))
  return parseFleetFile(base, 'mcd.yaml', {env, directory: '/fleets', overlays, settings})
}

const set = (settings: string[], over: Over = {}) => laid([], {...over, settings})

function mistakes(make: () => Fleet): string[] {
  try {
    make()
    return []
  } catch (error) {
    if (error instanceof FleetFileError) return error.message.split('\n')
    throw error
  }
}

const group = ({groups}: Fleet, name: string) => groups.find(each => each.name === name)

describe('a number is what stands there', () => {
  test.each(['1.10', '007', '12e4567', '1e3', '0x1F', '20260101123456789012', '1.0', '.5'])(
    '%s is text where YAML would make another number of it',
    written => {
      const base = fleetFile(['title: Hello from mcd', `title: ${written}`])
      expect(laid('', {base}).userdata.vars.title).toBe(written)
      expect(set([`userdata.vars.title=${written}`]).userdata.vars.title).toBe(written)
    },
  )

  test.each([3, -1, 1.5, 0])('%d is a number', written => {
    expect(set([`userdata.vars.title=${written}`]).userdata.vars.title).toBe(written)
  })

  test('no count is read out of one that is written in another way', () => {
    expect(mistakes(() => set(['groups.virginia.count=1e1']))).toEqual([
      '--set groups.virginia.count: count must be a whole number from 0 to 10000, not "1e1"',
    ])
  })

  test('where text is wanted --set gives text, since a shell takes the quotes away', () => {
    const fleet = set(['groups.virginia.tags.build=42', 'groups.virginia.tags.main=true'])
    expect(group(fleet, 'virginia')?.wish.tags).toMatchObject({build: '42', main: 'true'})
    expect(mistakes(() => laid('groups: {virginia: {tags: {build: 42}}}'))).toEqual([
      'over1.yaml:1:35: build must be text, not 42 (put it in quotes)',
    ])
  })
})

test('what is laid over a fleet file, given alone, is told to name that file first', () => {
  const alone = (text: string) => () => parseFleetFile(text, 'stage.yaml', {env: {}, directory: '/fleets'})
  const told = {suggestions: [expect.stringContaining('-f mcd.yaml -f stage.yaml')]}
  expect(alone('fleet: web-stage\ngroups:\n  virginia: {count: 1}\n')).toThrow(expect.objectContaining(told))
  expect(alone(fleetFile(['count: 2', 'cuont: 2']))).toThrow(expect.objectContaining({suggestions: []}))
})

test('the removal of a group that is not there is a slip where another has nearly its name', () => {
  const slip = 'there is no group "virgina" to remove (did you mean "virginia"?)'
  expect(mistakes(() => laid('groups:\n  virgina: ~\n'))).toEqual([`over1.yaml:2:3: ${slip}`])
  expect(mistakes(() => set(['groups.virgina=null']))).toEqual([`--set groups.virgina: ${slip}`])
  expect(mistakes(() => laid('groups:\n  tokyo: ~\n'))).toEqual([])
  expect(mistakes(() => laid(['groups: {east: ~}', 'groups: {east: ~}']))).toEqual([])
})

describe('a later file is laid over an earlier one', () => {
  test('mappings are merged key by key, and what it does not name stays', () => {
    const fleet = laid('groups:\n  virginia: {count: 5}\n')
    expect(group(fleet, 'virginia')).toMatchObject({count: 5, place: {region: 'us-east-1'}})
    expect(group(fleet, 'east')?.count).toBe(2)
  })

  test('lists are replaced as a whole', () => {
    const base = fleetFile(['type: t3.micro', 'type: [t3.micro, t3a.micro]'])
    const fleet = laid('groups: {virginia: {type: [m5.large]}}', {base})
    expect(group(fleet, 'virginia')?.wish.types).toEqual(['m5.large'])
  })

  test('so is a block of dns by a list of them, and a list by a block', () => {
    const list = 'dns:\n  - {provider: route53, zone: example.com, name: "@", registration: mcd}\n'
    expect(laid(list).names.map(({vendor, name}) => [vendor, name])).toEqual([['route53', 'example.com']])
    const base = laid([list, 'dns: {provider: route53, zone: example.com, name: api, registration: mcd}'])
    expect(base.names.map(({name}) => name)).toEqual(['api.example.com'])
  })

  test('null removes a key, also one that an earlier overlay brought', () => {
    expect(laid('groups: {east: ~}').groups.map(({name}) => name)).toEqual(['virginia'])
    expect(
      group(laid(['groups: {virginia: {spot: true}}', 'groups: {virginia: {spot: null}}']), 'virginia')?.wish
        .spot,
    ).toBe(false)
  })

  test('in a mapping that is new, null says that there is nothing', () => {
    const west =
      'groups: {west: {provider: aws, region: us-west-2, type: t3.micro, image: ubuntu-24.04, spot: ~}}'
    expect(group(laid(west), 'west')?.wish.spot).toBe(false)
  })

  test('the last of several has the last word', () => {
    const overlays = ['groups: {virginia: {count: 5}, east: {count: 5}}', 'groups: {virginia: {count: 7}}']
    expect(laid(overlays).groups.map(({count}) => count)).toEqual([7, 5])
  })

  test('the name of the fleet and the cloud of a group are values like others', () => {
    const joyent = 'fleet: staging\ngroups: {virginia: {provider: joyent, region: ~, type: g1.nano}}'
    expect(laid(joyent)).toMatchObject({name: 'staging', groups: [{place: {provider: 'joyent'}}, {}]})
  })

  test.each([
    ['nothing', ''],
    ['comments alone', '# to come\n'],
    ['an explicit nothing', '~\n'],
    ['an empty mapping', '{}'],
  ])('one that holds %s changes nothing', (_what, text) => {
    expect(laid(text)).toEqual(laid([]))
  })

  test('anchors belong to their file', () => {
    const base = fleetFile(['count: 2', 'count: &n 2'])
    expect(
      laid('groups: {virginia: {count: &n 4}, east: {count: *n}}', {base}).groups.map(({count}) => count),
    ).toEqual([4, 4])
    expect(mistakes(() => laid('groups: {east: {count: *n}}', {base}))).toEqual([
      'over1.yaml:1:24: unknown alias "*n" (there is no "&n" before it)',
    ])
  })

  test('a variable that a later file replaces need not be set', () => {
    const base = fleetFile(['Hello from mcd', '"${env:TITLE}"'])
    expect(laid('userdata: {vars: {title: Hi}}', {base}).userdata.vars).toEqual({title: 'Hi'})
    expect(mistakes(() => laid('', {base}))).toHaveLength(1)
  })

  test('a value from the environment is a secret wherever it is written', () => {
    const fleet = laid('userdata: {vars: {title: "${env:T}"}}', {env: {T: 'hidden'}})
    expect(JSON.stringify(fleet.userdata.vars)).toBe('{"title":"***"}')
  })
})

test('what comes of it is a JSON Merge Patch, whatever is laid over what', () => {
  const value = fc.letrec<{tree: unknown}>(tie => ({
    tree: fc.oneof(
      {maxDepth: 4},
      fc.constantFrom(1, 'x', true, [], [1, 2], ['y']),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.constant(null), tie('tree'))),
    ),
  })).tree
  const mapping = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value)
  const patches = fc.array(
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(fc.constant(null), value)),
    {maxLength: 3},
  )
  fc.assert(
    fc.property(mapping, patches, (base, over) => {
      const texts = [base, ...over].map(data => JSON.stringify(data))
      const [file = '', ...overlays] = texts
      const options = {
        env: {},
        directory: '/fleets',
        overlays: overlays.map((text, index) => ({name: `${index}`, text})),
      }
      const {data} = layFiles({name: 'mcd.yaml', text: file}, options)
      expect(JSON.parse(JSON.stringify(data))).toEqual(over.reduce(mergePatch, base))
    }),
    {numRuns: 300},
  )
})

/** RFC 7396, section 2, word for word. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const merged: Record<string, unknown> =
    target !== null && typeof target === 'object' && !Array.isArray(target) ? {...target} : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  return merged
}

describe('every mistake is told at the place where it is written', () => {
  test.each([
    [
      'a wrong value',
      'groups:\n  virginia:\n    count: two\n',
      ['over1.yaml:3:12: count must be a whole number from 0 to 10000, not "two"'],
    ],
    [
      'an unknown key',
      'groups:\n  virginia: {cuont: 3}\n',
      ['over1.yaml:2:14: unknown key "cuont" in groups.virginia (did you mean "count"?)'],
    ],
    [
      'a group nobody has, by a slip',
      'groups:\n  virgina: {count: 3}\n',
      ['over1.yaml:2:3: there is no group "virgina" to change (did you mean "virginia"?)'],
    ],
    [
      'what is missing once it was removed',
      'service:\n  port: ~\n',
      ['over1.yaml:2:9: "port" is missing in service (it must be a whole number from 1 to 65535)'],
    ],
    [
      'a key with nothing after it',
      'groups:\n',
      ['over1.yaml:1:1: "groups" has no value here (write "groups: ~" to remove it, or leave the key out)'],
    ],
    [
      'a list in place of a file',
      '- a\n',
      ['over1.yaml:1:1: a file that is laid over another must be a mapping of keys and values'],
    ],
    ['no YAML', 'groups: {virginia: {count: 3}\n', ['over1.yaml:1:9: the { that stands here is not closed']],
    [
      'a credential',
      'dns: {registration: self, instanceCredentials: {token: hunter2}}',
      [expect.stringMatching(/^over1\.yaml:1:56: (?!.*hunter2)/)],
    ],
  ])('%s', (_what, overlay, told) => {
    expect(mistakes(() => laid(overlay))).toEqual(told)
  })

  test('those of all files in one run, in the order of the files', () => {
    const base = fleetFile(['port: 80', 'port: eighty'])
    expect(mistakes(() => laid(['fleet: WEB', 'state: 5'], {base, settings: ['dns.ttl=60']}))).toEqual([
      expect.stringMatching(/^mcd\.yaml:3:9: port must be/),
      expect.stringMatching(/^over1\.yaml:1:8: fleet must be/),
      expect.stringMatching(/^over2\.yaml:1:8: state must be/),
      expect.stringMatching(/^--set dns\.ttl: ttl needs a unit/),
    ])
  })

  test('what a later file has put right is none', () => {
    expect(
      mistakes(() => laid('service: {port: 80}', {base: fleetFile(['port: 80', 'port: eighty'])})),
    ).toEqual([])
  })

  test('a rule that joins keys of two files speaks where the later one is', () => {
    expect(mistakes(() => laid('groups: {virginia: {open: [80], securityGroups: [sg-1]}}'))).toEqual([
      expect.stringMatching(/^over1\.yaml:1:21: "open" and "securityGroups" exclude each other/),
    ])
  })
})

describe('--set is laid over all files', () => {
  test.each([
    ['a number', 'groups.virginia.count=3', (fleet: Fleet) => group(fleet, 'virginia')?.count, 3],
    [
      'text',
      'userdata.vars.title=Hello: world # 1',
      ({userdata}: Fleet) => userdata.vars.title,
      'Hello: world # 1',
    ],
    ['text in quotes', 'userdata.vars.title="3"', ({userdata}: Fleet) => userdata.vars.title, '3'],
    ['an equals sign', 'userdata.vars.title=a=b', ({userdata}: Fleet) => userdata.vars.title, 'a=b'],
    [
      'a list',
      'groups.virginia.type=[m5.large, m5a.large]',
      (fleet: Fleet) => group(fleet, 'virginia')?.wish.types,
      ['m5.large', 'm5a.large'],
    ],
    [
      'a mapping, which is merged',
      'groups.virginia={count: 4}',
      (fleet: Fleet) => group(fleet, 'virginia')?.place.region,
      'us-east-1',
    ],
    ['true', 'groups.virginia.spot=true', (fleet: Fleet) => group(fleet, 'virginia')?.wish.spot, true],
    ['null, which removes', 'groups.east=null', (fleet: Fleet) => group(fleet, 'east'), undefined],
    [
      'a key with dots',
      'groups.virginia.tags."a.b"=c',
      (fleet: Fleet) => group(fleet, 'virginia')?.wish.tags,
      {'a.b': 'c'},
    ],
    [
      'a key with a colon',
      'groups.virginia.tags.team:web=c',
      (fleet: Fleet) => group(fleet, 'virginia')?.wish.tags,
      {'team:web': 'c'},
    ],
    ['where nothing was', 'drain.wait=2m', ({drainWait}: Fleet) => drainWait, {ms: 120_000}],
  ])('%s', (_what, setting, of, value) => {
    expect(of(set([setting]))).toEqual(value)
  })

  test('an item of a list by its index, either way of writing it', () => {
    const base = FLEET_FILE.replace(
      /dns:\n(.*\n){5}/,
      'dns:\n  - {provider: route53, zone: example.com, name: www, registration: mcd}\n',
    )
    for (const path of ['dns[0].ttl', 'dns.0.ttl'])
      expect(set([`${path}=30s`], {base}).names[0]?.ttlSeconds).toBe(30)
  })

  test('after the files, and each after the one before it', () => {
    expect(
      laid('groups: {virginia: {count: 5}}', {
        settings: ['groups.virginia.count=6', 'groups.virginia.count=7'],
      }).groups[0]?.count,
    ).toBe(7)
  })

  test('variables are read in it, and make a secret', () => {
    const {names} = set(['dns.instanceCredentials.token=${env:T}'], {env: {T: 'hidden'}})
    expect(JSON.stringify(names)).toContain('"token":"***"')
  })

  test.each([
    [
      'a wrong value',
      'groups.virginia.count=two',
      '--set groups.virginia.count: count must be a whole number from 0 to 10000, not "two"',
    ],
    [
      'no value, as of a variable that is unset',
      'dns.ttl=',
      '--set dns.ttl: ttl must be a duration such as "5s", "2m" or "1h30m", but is empty',
    ],
    [
      'an unknown key',
      'groups.virginia.cuont=2',
      '--set groups.virginia.cuont: unknown key "cuont" in groups.virginia (did you mean "count"?)',
    ],
    [
      'an unknown group',
      'groups.virgina.count=2',
      '--set groups.virgina.count: there is no group "virgina" to change (did you mean "virginia"?)',
    ],
    ['an unknown key at the top', 'fleat=x', '--set fleat: unknown key "fleat" (did you mean "fleet"?)'],
    [
      'an index where no list is',
      'dns[0].ttl=30s',
      '--set dns[0].ttl: dns is no list here (write dns.ttl=…)',
    ],
    [
      'something inside a text',
      'fleet.name=x',
      '--set fleet.name: fleet is one value here, and holds no others',
    ],
    [
      'an unset variable',
      'dns.ttl=${env:NONE}',
      '--set dns.ttl: the environment variable NONE is not set (set it: export NONE=…)',
    ],
    [
      'what is no YAML',
      'groups.virginia.type=[a',
      '--set groups.virginia.type: the [ that stands here is not closed',
    ],
    ['a credential', 'dns.instanceCredentials.token=hunter2', expect.not.stringContaining('hunter2')],
    ['a password', 'state=postgres://a:hunter2@db/x', expect.not.stringContaining('hunter2')],
  ])('%s is told with its path', (_what, setting, told) => {
    expect(mistakes(() => set([setting]))).toEqual([told])
  })

  test('an index that a list does not have', () => {
    const base = fleetFile(['type: t3.micro', 'type: [t3.micro]'])
    expect(mistakes(() => set(['groups.virginia.type[1]=x'], {base}))).toEqual([
      '--set groups.virginia.type[1]: groups.virginia.type has no item 1: it has 1, counted from 0',
    ])
    expect(mistakes(() => set(['groups.virginia.type[0]=~'], {base}))).toEqual([
      expect.stringContaining('an item of a list cannot be removed by itself'),
    ])
    expect(mistakes(() => set(['groups.virginia.type.first=x'], {base}))).toEqual([
      expect.stringContaining('is a list here (write groups.virginia.type[0].first=…'),
    ])
  })

  test.each([
    ['groups.virginia.count', '--set groups.virginia.count gives no value.'],
    ['=3', '--set needs a path and a value, with "=" between them.'],
    [
      'groups..count=hunter2',
      '--set groups… is no path: something that belongs to none stands after "groups".',
    ],
    [
      'groups.a b=hunter2',
      '--set groups.a… is no path: something that belongs to none stands after "groups.a".',
    ],
  ])('%s is refused, and no value repeated', (setting, message) => {
    expect(() => set([setting])).toThrow(expect.objectContaining({name: 'UsageError', message}))
  })
})

test('whatever --set is given, a fleet or an answer comes of it', () => {
  const part = fc.constantFrom(
    'groups',
    '.virginia',
    '.count',
    '[0]',
    '.0',
    '"a.b"',
    "'c",
    '=',
    '{',
    '[',
    '~',
    '.__proto__',
    'dns',
    '.constructor',
    ' ',
    '\n',
    '${env:',
    '#',
    '|',
    '&a ',
    '*a',
    '!!int ',
    '%',
  )
  fc.assert(
    fc.property(fc.array(part, {maxLength: 7}), fc.array(part, {maxLength: 5}), (path, value) => {
      try {
        expect(set([`${path.join('')}=${value.join('')}`]).name).toBeTypeOf('string')
      } catch (error) {
        expect(error).toMatchObject({name: expect.stringMatching(/^(?:FleetFileError|UsageError)$/)})
        expect((error as Error).message).not.toBe('')
      }
    }),
    {numRuns: 300},
  )
})
