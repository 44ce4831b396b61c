import {expect, test} from 'vitest'
import {markToTags} from '../../../src/mark.ts'
import {machineName, toInstance, toNewMachine} from '../../../src/providers/joyent/convert.ts'
import {fromRule, toRule} from '../../../src/providers/joyent/ingress.ts'
import type {ApiMachine} from '../../../src/providers/joyent/shapes.ts'
import {formatRule, parseRule, selects} from '../../../src/sandbox/world/triton/rule.ts'
import {Secret} from '../../../src/secret.ts'
import {mark, NETWORK, wish} from '../../contract/joyent-scenes.ts'

const machine = (more: Partial<ApiMachine> = {}): ApiMachine => ({
  id: 'c1f27a5d-0000-4000-8000-aaaaaaaaaaaa',
  name: 'web-east-0123abcd',
  state: 'running',
  image: 'an image',
  created: '2026-01-01T00:00:00.000Z',
  tags: markToTags(mark(), 'mcd_'),
  ...more,
})

test.each([
  ['provisioning', 'pending'],
  ['running', 'running'],
  ['ready', 'running'],
  ['stopping', 'stopping'],
  ['stopped', 'stopped'],
  ['deleted', 'gone'],
  ['failed', 'gone'],
  ['offline', 'unknown'],
  ['unknown', 'unknown'],
  ['something new', 'unknown'],
])('state %s is %s', (state, expected) => {
  expect(toInstance(machine({state}), 'p')?.state).toBe(expected)
})

test('a failed provision has a reason, so that it can be reported, and may do with another package', () => {
  expect(toInstance(machine({state: 'failed'}), 'p')).toMatchObject({
    stateReason: expect.stringContaining('triton instance audit c1f27a5d'),
    unplaced: true,
  })
})

test.each([
  ['no tag', {}],
  ['half a mark', {mcd_fleet: 'web', mcd_group: 'east'}],
])('with %s it is not ours', (_what, tags) => {
  expect(toInstance(machine({tags}), 'p')).toBeUndefined()
})

test('tags that CloudAPI made numbers of are read as text', () => {
  const tags = {...markToTags(mark({spec: '123456789012'}), 'mcd_'), mcd_spec: 123456789012}
  expect(toInstance(machine({tags}), 'p')?.mark.spec).toBe('123456789012')
})

test.each<[string, Partial<ApiMachine>, string | undefined, string | undefined]>([
  ['none yet', {nics: [], ips: []}, undefined, undefined],
  ['one of each', {nics: [{ip: '10.0.0.1'}, {ip: '192.0.2.1', primary: true}]}, '192.0.2.1', '10.0.0.1'],
  [
    'the primary of two public ones',
    {nics: [{ip: '192.0.2.1'}, {ip: '192.0.2.2', primary: true}]},
    '192.0.2.2',
    undefined,
  ],
  [
    'a private primary beside a public one',
    {nics: [{ip: '192.168.1.1', primary: true}, {ip: '192.0.2.1'}]},
    '192.0.2.1',
    '192.168.1.1',
  ],
  [
    'carrier NAT and link-local are not public',
    {nics: [{ip: '100.64.0.1'}, {ip: '169.254.1.1'}]},
    undefined,
    '100.64.0.1',
  ],
  [
    '172.15 and 172.32 are public, between them is not',
    {nics: [{ip: '172.31.0.1'}, {ip: '172.32.0.1'}]},
    '172.32.0.1',
    '172.31.0.1',
  ],
  [
    'without nics the old fields',
    {ips: ['10.0.0.1', '192.0.2.1'], primaryIp: '192.0.2.1'},
    '192.0.2.1',
    '10.0.0.1',
  ],
  ['dhcp is no address', {nics: [{ip: 'dhcp', primary: true}]}, undefined, undefined],
])('addresses: %s', (_rule, change, publicIp, privateIp) => {
  const instance = toInstance(machine(change), 'p')
  expect([instance?.publicIp, instance?.privateIp]).toEqual([publicIp, privateIp])
})

test('a name is the same for the same place of a launch, and fits 63 characters at the longest', () => {
  const longest = mark({fleet: 'f'.repeat(24), group: 'g'.repeat(24)})
  expect(machineName(longest, 0)).toBe(machineName(longest, 0))
  expect(new Set([0, 1, 2].map(index => machineName(longest, index))).size).toBe(3)
  expect(machineName(longest, 0)).toMatch(/^[\w.-]{1,63}$/)
})

test('a launch carries mark, tags and userdata in one body, with secrets in the clear there alone', () => {
  const target = {
    imageId: 'image',
    imageName: 'x@1',
    zones: [],
    wish: wish({deletionProtection: true, metadata: {token: new Secret('s3cret', 'env:TOKEN')}}),
    vendor: {packages: {'g1.nano': 'package'}, networks: ['net']},
  }
  const order = {
    mark: mark(),
    count: 1,
    type: 'g1.nano',
    zone: {name: 'z', types: []},
    target,
    networkIds: [],
    userdata: Buffer.alloc(0),
    resumed: false,
  }
  const body = toNewMachine(order, 'userdata', 0)
  expect(body).toMatchObject({
    name: machineName(mark(), 0),
    image: 'image',
    package: 'package',
    networks: ['net'],
    affinity: ['mcd_fleet!=~web'],
    firewall_enabled: true,
    deletion_protection: true,
    'tag.team': 'blue',
    'tag.mcd_launch': mark().launch,
    'tag.mcd_net': 'web/east/www.example.com',
    'metadata.mcd_launch': mark().launch,
    'metadata.token': 's3cret',
    'metadata.cloud-init:user-data': 'userdata',
  })
  const closed = toNewMachine(
    {...order, target: {...target, wish: wish({open: []}), vendor: {packages: {}, networks: []}}},
    '',
    0,
  )
  expect(closed).toMatchObject({firewall_enabled: false, package: 'g1.nano'})
  expect(closed).not.toHaveProperty('networks')
  expect(closed).not.toHaveProperty(['tag.mcd_net'])
})

test('the rule of a group selects its instances and nobody else, and comes back from the cloud as it went', () => {
  const {rule, description} = toRule(NETWORK)
  const parsed = parseRule(rule)
  const tagged = (tag: string) => selects(parsed.to, {id: 'x', tags: {mcd_net: tag}})
  expect(tagged('web/east/www.example.com')).toBe(true)
  for (const other of [
    'web/west/www.example.com',
    'web/east/api.example.com',
    'shop/east/www.example.com',
    'web',
  ])
    expect(tagged(other)).toBe(false)
  const kept = {id: '1', rule: formatRule(parsed), enabled: true, ...(description ? {description} : {})}
  expect(fromRule(kept, 'p')).toEqual({id: '1', place: 'p', ...NETWORK})
})

test.each([
  ['another tag', {rule: 'FROM any TO tag "role" = "web/east/www.example.com" ALLOW tcp PORT 80'}],
  ['another source', {rule: 'FROM tag "a" TO tag "mcd_net" = "web/east/www.example.com" ALLOW tcp PORT 80'}],
  ['a block', {rule: 'FROM any TO tag "mcd_net" = "web/east/www.example.com" BLOCK tcp PORT 80'}],
  ['no description', {description: undefined}],
  ['the description of another group', {description: 'mcd:v1 f=web g=west'}],
])('a rule with %s is not ours', (_what, change) => {
  const {description, ...rest} = {id: '1', ...toRule(NETWORK), ...change}
  expect(fromRule({...rest, ...(description ? {description} : {})}, 'p')).toBeUndefined()
})
