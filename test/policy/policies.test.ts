import {describe, expect, test} from 'vitest'
import type {S3Place} from '../../src/journal/location.ts'
import {fleetPolicies} from '../../src/policy/fleet-policies.ts'
import {Secret} from '../../src/secret.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {allows, type IamRequest} from '../support/iam.ts'

const ZONE = 'arn:aws:route53:::hostedzone/Z1'
const zoneId = (zone: string) => (zone === 'example.com' ? 'Z1' : 'Z2')
const route53 = dnsName({vendor: 'route53', registration: 'self'})
const virginia = (over = {}) => group('virginia', 2, {place: VIRGINIA, wish: wish({open: [80], ...over})})
const east = group('east', 2, {place: EAST, wish: wish({types: ['g1.nano']})})

/** One batch of changes to a zone, as Route53 shows it to IAM. */
const change = (
  changes: readonly {name: string; type?: string; action?: string}[],
  resource = ZONE,
): IamRequest => ({
  action: 'route53:ChangeResourceRecordSets',
  resource,
  keys: {
    'route53:ChangeResourceRecordSetsNormalizedRecordNames': changes.map(({name}) => name),
    'route53:ChangeResourceRecordSetsRecordTypes': changes.map(({type = 'A'}) => type),
    'route53:ChangeResourceRecordSetsActions': changes.map(({action = 'UPSERT'}) => action),
  },
})

describe('an instance', () => {
  const policy = fleetPolicies(fleet([virginia(), east], {names: [route53]}), zoneId).instances.aws?.policy
  if (!policy) throw new Error('It needs a policy.')
  const own = {name: 'www.example.com'}

  test.each([
    ['puts itself in', true, change([own])],
    ['takes itself out', true, change([{...own, action: 'DELETE'}])],
    ['reads the zone', true, {action: 'route53:ListResourceRecordSets', resource: ZONE}],
    ['follows its change', true, {action: 'route53:GetChange', resource: 'arn:aws:route53:::change/C1'}],
    ['changes no other name', false, change([{name: 'api.example.com'}])],
    ['slips no other name into a batch', false, change([own, {name: 'api.example.com'}])],
    ['lifts no hold', false, change([{name: '_mcd.www.example.com', type: 'TXT', action: 'DELETE'}])],
    ['changes no other type', false, change([{...own, type: 'CNAME'}])],
    ['changes no other zone', false, change([own], 'arn:aws:route53:::hostedzone/Z9')],
    [
      'reads no other zone',
      false,
      {action: 'route53:ListResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/Z9'},
    ],
    ['makes no zone', false, {action: 'route53:CreateHostedZone', resource: '*'}],
    ['sends no request without names', false, change([])],
    ['launches nothing', false, {action: 'ec2:RunInstances', resource: 'arn:aws:ec2:us-east-1:1:instance/*'}],
  ] as const)('%s', (_rule, allowed, request) => {
    expect(allows(policy, request)).toBe(allowed)
  })
})

describe('under a name with simple routing, an instance', () => {
  const simple = {...route53, routing: 'simple' as const}
  const policy = fleetPolicies(fleet([virginia()], {names: [simple]}), zoneId).instances.aws?.policy
  if (!policy) throw new Error('It needs a policy.')
  const batch = (action: string) =>
    change([
      {name: 'www.example.com', action: 'DELETE'},
      {name: 'www.example.com', action},
      {name: 'www.example.com', type: 'AAAA', action},
      {name: '_mcd.www.example.com', type: 'TXT', action},
    ])

  test.each([
    ['changes both sets and their companion in one batch', true, batch('CREATE')],
    ['overwrites nothing that it has not read', false, batch('UPSERT')],
    ['changes no other name', false, change([{name: 'api.example.com', action: 'CREATE'}])],
  ] as const)('%s', (_rule, allowed, request) => {
    expect(allows(policy, request)).toBe(allowed)
  })
})

test('IPv6 addresses are granted where the file takes them', () => {
  const six = change([{name: 'www.example.com', type: 'AAAA'}, {name: 'www.example.com'}])
  const granted = (name: typeof route53) => {
    const policy = fleetPolicies(fleet([virginia()], {names: [name]}), zoneId).instances.aws?.policy
    return policy !== undefined && allows(policy, six)
  }
  expect(granted(route53)).toBe(true)
  expect(granted({...route53, ipv6: false})).toBe(false)
})

describe('with discovery', () => {
  const named = {...route53, discovery: {service: '_http._tcp', instance: 'Version 2.0', txt: ['']}}
  const policies = fleetPolicies(fleet([virginia(), east], {names: [named]}), zoneId)
  const instance = policies.instances.aws?.policy
  const operator = policies.operator.aws
  if (!instance || !operator) throw new Error('Both need a policy.')
  const SET = 'version\\0402\\0560._http._tcp.example.com'
  const join = ['DELETE', 'CREATE'].flatMap(action => [
    {name: SET, type: 'SRV', action},
    {name: `_mcd.${SET}`, type: 'TXT', action},
  ])
  const host = {name: 'i-0abc.www.example.com'}
  const uuid = {name: '0a1b2c3d-0000-4000-8000-0123456789ab.www.example.com'}
  const listed = {name: '_http._tcp.example.com', type: 'PTR', action: 'CREATE'}

  test.each([
    ['an instance joins and leaves the SRV set with its companion', instance, true, change(join)],
    ['an instance overwrites no SRV set', instance, false, change([{name: SET, type: 'SRV'}])],
    ['an instance names its host', instance, true, change([host])],
    ['an instance names its host by a UUID', instance, true, change([uuid])],
    ['an instance names no other host', instance, false, change([{name: 'db.www.example.com'}])],
    ['an instance undefines no service', instance, false, change([{...listed, action: 'DELETE'}])],
    [
      'an instance lifts no hold',
      instance,
      false,
      change([{...listed, name: '_mcd.www.example.com', type: 'TXT'}]),
    ],
    ['the operator joins for others', operator, true, change(join)],
    [
      'the operator defines the service',
      operator,
      true,
      change([listed, {...listed, name: `_mcd.${listed.name}`, type: 'TXT'}]),
    ],
    [
      'the operator lists the service',
      operator,
      true,
      change([{...listed, name: '_services._dns-sd._udp.example.com'}]),
    ],
    [
      'the operator writes addresses, hosts, holds and attributes in one batch',
      operator,
      true,
      change(
        [
          host,
          uuid,
          {name: 'www.example.com'},
          {name: SET, type: 'TXT'},
          {name: '_mcd.www.example.com', type: 'TXT'},
        ].map(each => ({...each, action: 'CREATE'})),
      ),
    ],
    [
      'the operator changes no other service',
      operator,
      false,
      change([{...listed, name: '_ssh._tcp.example.com'}]),
    ],
  ] as const)('%s', (_rule, policy, allowed, request) => {
    expect(allows(policy, request)).toBe(allowed)
  })
})

describe('the operator', () => {
  const aws = fleetPolicies(
    fleet([virginia({spot: true, instanceProfile: 'web'})], {names: [route53]}),
    zoneId,
  ).operator.aws
  if (!aws) throw new Error('It needs a policy.')
  const instance = 'arn:aws:ec2:us-east-1:1:instance/i-1'
  const group = 'arn:aws:ec2:us-east-1:1:security-group/sg-1'
  const own = {'aws:ResourceTag/mcd:fleet': 'web'}
  const theirs = {'aws:ResourceTag/mcd:fleet': 'shop'}
  const marking = {'aws:RequestTag/mcd:fleet': 'web'}

  test.each([
    ['launches what it marks', true, {action: 'ec2:RunInstances', resource: instance, keys: marking}],
    ['launches nothing unmarked', false, {action: 'ec2:RunInstances', resource: instance}],
    ['ends its own', true, {action: 'ec2:TerminateInstances', resource: instance, keys: own}],
    ['ends nobody else’s', false, {action: 'ec2:TerminateInstances', resource: instance, keys: theirs}],
    ['ends nothing unmarked', false, {action: 'ec2:TerminateInstances', resource: instance}],
    [
      'marks at launch',
      true,
      {action: 'ec2:CreateTags', resource: instance, keys: {'ec2:CreateAction': 'RunInstances'}},
    ],
    ['marks nothing afterwards', false, {action: 'ec2:CreateTags', resource: instance}],
    ['closes its own ingress', true, {action: 'ec2:DeleteSecurityGroup', resource: group, keys: own}],
    [
      'touches no other ingress',
      false,
      {action: 'ec2:AuthorizeSecurityGroupIngress', resource: group, keys: theirs},
    ],
    [
      'reads in its regions',
      true,
      {action: 'ec2:DescribeInstances', resource: '*', keys: {'aws:RequestedRegion': 'us-east-1'}},
    ],
    [
      'reads in no other',
      false,
      {action: 'ec2:DescribeInstances', resource: '*', keys: {'aws:RequestedRegion': 'eu-west-1'}},
    ],
    [
      'hands over the one role, to EC2',
      true,
      {
        action: 'iam:PassRole',
        resource: 'arn:aws:iam::1:role/web',
        keys: {'iam:PassedToService': 'ec2.amazonaws.com'},
      },
    ],
    [
      'hands over no other role',
      false,
      {
        action: 'iam:PassRole',
        resource: 'arn:aws:iam::1:role/admin',
        keys: {'iam:PassedToService': 'ec2.amazonaws.com'},
      },
    ],
    [
      'changes the name and its holds in one batch',
      true,
      change([
        {name: 'www.example.com', action: 'DELETE'},
        {name: '_mcd.www.example.com', type: 'TXT', action: 'CREATE'},
      ]),
    ],
    ['changes no other name', false, change([{name: 'example.com', action: 'CREATE'}])],
  ] as const)('%s', (_rule, allowed, request) => {
    expect(allows(aws, request)).toBe(allowed)
  })

  test('is granted every call that the adapter makes', async () => {
    const {readFile} = await import('node:fs/promises')
    const source = await readFile('src/providers/aws/calls.ts', 'utf8')
    const calls = [...source.matchAll(/^ {2}([A-Z][A-Za-z]+): Call</gm)].map(([, name]) => name)
    const granted = new Set(aws.Statement.flatMap(({Action}) => Action.map(action => action.split(':')[1])))
    // Who one is, anybody may ask.
    expect(calls.filter(name => name !== 'GetCallerIdentity' && !granted.has(name ?? ''))).toEqual([])
    expect(calls.length).toBeGreaterThan(10)
  })
})

describe('the journal in a bucket', () => {
  const s3 = (over: Partial<S3Place> = {}): S3Place => ({
    kind: 's3',
    bucket: 'states',
    prefix: 'team',
    region: 'eu-west-1',
    ...over,
  })
  const granted = (state: S3Place) => {
    // Nothing else of the fleet is with AWS.
    const {aws} = fleetPolicies(fleet([east], {names: [dnsName()], state}), zoneId).operator
    if (!aws) throw new Error('It needs a policy.')
    return aws
  }
  const object = (action: string, key: string, bucket = 'states'): IamRequest => ({
    action: `s3:${action}`,
    resource: `arn:aws:s3:::${bucket}/${key}`,
  })
  const list = (prefix: string): IamRequest => ({
    action: 's3:ListBucket',
    resource: 'arn:aws:s3:::states',
    keys: {'s3:prefix': prefix},
  })

  test.each([
    ['is read', true, object('GetObject', 'team/web/events/000000000001.json')],
    ['is added to', true, object('PutObject', 'team/web/format.json')],
    ['is listed', true, list('team/web/events/')],
    ['is never deleted from', false, object('DeleteObject', 'team/web/format.json')],
    ['is no other fleet’s', false, object('GetObject', 'team/shop/format.json')],
    ['is no namesake’s', false, object('GetObject', 'team/web2/format.json')],
    ['is in no other bucket', false, object('PutObject', 'team/web/format.json', 'other')],
    ['lets nobody list what others keep there', false, list('team/')],
  ] as const)('%s', (_rule, allowed, request) => {
    expect(allows(granted(s3()), request)).toBe(allowed)
  })

  test('in the bucket itself is under the fleet’s name', () => {
    expect(allows(granted(s3({prefix: ''})), object('GetObject', 'web/format.json'))).toBe(true)
  })

  test.each([
    ['its id', '1234abcd-12ab-34cd-56ef-1234567890ab', []],
    ['its ARN', 'arn:aws:kms:eu-west-1:1:key/1234abcd-12ab-34cd-56ef-1234567890ab', []],
    ['an alias', 'alias/states', ['alias/states']],
    ['the ARN of an alias', 'arn:aws:kms:eu-west-1:1:alias/states', ['alias/states']],
  ] as const)(
    'is encrypted with the key that is named by %s, through S3, and with no other',
    (_, kmsKeyId, aliases) => {
      const policy = granted(s3({encryption: {kind: 'aws:kms', kmsKeyId}}))
      const use = (key: string, keys: Record<string, string | readonly string[]>): IamRequest => ({
        action: 'kms:GenerateDataKey',
        resource: `arn:aws:kms:eu-west-1:1:key/${key}`,
        keys,
      })
      const right = {'kms:ResourceAliases': aliases, 'kms:ViaService': 's3.eu-west-1.amazonaws.com'}
      const own = '1234abcd-12ab-34cd-56ef-1234567890ab'
      expect(allows(policy, use(own, right))).toBe(true)
      expect(allows(policy, use(own, {...right, 'kms:ViaService': 'ec2.eu-west-1.amazonaws.com'}))).toBe(
        false,
      )
      expect(allows(policy, use('other', {...right, 'kms:ResourceAliases': ['alias/other']}))).toBe(false)
    },
  )

  test('is granted every call that the store makes', async () => {
    const {readFile} = await import('node:fs/promises')
    const source = await readFile('src/providers/s3/store.ts', 'utf8')
    const calls = [...source.matchAll(/new sdk\.([A-Za-z]+?)(?:V2)?Command\(/g)].map(([, name]) => name)
    const actions = granted(s3()).Statement.flatMap(({Action}) => Action)
    expect(calls.map(name => (name === 'ListObjects' ? 's3:ListBucket' : `s3:${name}`)).sort()).toEqual(
      [...actions].sort(),
    )
  })

  test('of a store with an endpoint of its own is that store’s business', () => {
    const {operator, notes} = fleetPolicies(
      fleet([east], {names: [dnsName()], state: s3({endpoint: 'https://minio.example.com'})}),
      zoneId,
    )
    expect(operator.aws).toBeUndefined()
    expect(notes.join()).toContain('https://minio.example.com')
  })
})

test('the journal in PostgreSQL is granted to the role that "state" names, in its schema', () => {
  const {operator} = fleetPolicies(
    fleet([east], {
      names: [dnsName()],
      state: {
        kind: 'postgres',
        host: 'db.example.com',
        database: 'deploy',
        user: 'ci',
        schema: 'Mcd',
        password: new Secret('canary', 'state'),
        sslmode: 'require',
      },
    }),
    zoneId,
  )
  expect(operator.postgres).toEqual({
    where: 'postgres://ci@db.example.com/deploy',
    statements: [
      'GRANT CONNECT ON DATABASE "deploy" TO "ci";',
      'CREATE SCHEMA IF NOT EXISTS "mcd";',
      'GRANT USAGE, CREATE ON SCHEMA "mcd" TO "ci";',
    ],
  })
})

describe('what is granted follows the fleet', () => {
  test('registration by mcd leaves the instances nothing', () => {
    const {instances, notes} = fleetPolicies(
      fleet([virginia()], {
        names: [dnsName({vendor: 'route53', registration: 'mcd'}), dnsName({registration: 'mcd'})],
      }),
      zoneId,
    )
    expect(instances).toEqual({})
    expect(notes.join()).toContain('no DNS credential')
  })

  test('a token is for the zones of the fleet, and an instance’s cannot list them', () => {
    const {operator, instances} = fleetPolicies(
      fleet([east], {names: [dnsName({registration: 'self'})]}),
      zoneId,
    )
    expect(operator).toEqual({
      cloudflare: {name: 'mcd web operator', permissions: ['Zone Read', 'DNS Write'], zones: ['example.com']},
    })
    expect(instances.cloudflare?.permissions).toEqual(['DNS Write'])
  })

  test('a fleet without own ingress, spot or profile is granted none of that', () => {
    const {operator} = fleetPolicies(
      fleet([virginia({securityGroups: ['sg-1']})], {names: [dnsName()]}),
      zoneId,
    )
    const text = JSON.stringify(operator.aws)
    expect(text).toContain('ec2:RunInstances')
    expect(text).not.toMatch(/CreateSecurityGroup|spot|PassRole|route53/)
  })

  test('other partitions have other ARNs', () => {
    const place = {key: 'aws:cn-north-1', provider: 'aws' as const, region: 'cn-north-1'}
    const {operator} = fleetPolicies(
      fleet([group('beijing', 1, {place, wish: wish({open: [80]})})], {names: [route53]}),
      zoneId,
    )
    expect(JSON.stringify(operator.aws)).not.toContain('arn:aws:')
  })

  test('a wildcard name stands as IAM normalises it', () => {
    const {instances} = fleetPolicies(
      fleet([virginia()], {
        names: [dnsName({vendor: 'route53', registration: 'self', name: '*.example.com'})],
      }),
      zoneId,
    )
    expect(JSON.stringify(instances.aws)).toContain('"\\\\052.example.com"')
  })
})
