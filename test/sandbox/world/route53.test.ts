import {describe, expect, test} from 'vitest'
import {CallLog} from '../../../src/sandbox/world/calls.ts'
import {type Delays, SANDBOX_DELAYS} from '../../../src/sandbox/world/core.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import type {ChangeInput, RecordSetInput} from '../../../src/sandbox/world/route53/change-input.ts'
import {Route53World} from '../../../src/sandbox/world/route53.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const OPERATOR = {name: 'operator'}
const INSTANCES = {name: 'instances'}

function sceneOf(delays: Partial<Delays> = {}) {
  const time = new VirtualTime()
  const calls = new CallLog(time.clock)
  const world = new Route53World({
    clock: time.clock,
    random: time.random,
    calls,
    hypervisor: idleHypervisor(),
    delays: {...SANDBOX_DELAYS, ...delays},
  })
  const zoneId = world.zone('example.com')?.id ?? expect.unreachable('example.com is there from the start')
  return {
    time,
    calls,
    world,
    zoneId,
    /** A second passes first, so that no test meets the rate limit by accident. */
    async change(...changes: ChangeInput[]) {
      await time.advance(1_000)
      return world.changeRecordSets(OPERATOR, zoneId, changes)
    },
    values(name: string, type = 'A'): string[] {
      return world
        .answer(name, type)
        .answers.map(({data}) => String(data))
        .sort()
    },
  }
}

const simple = (name: string, value: string | string[], type = 'A', ttlSeconds = 60): RecordSetInput => ({
  name,
  type,
  ttlSeconds,
  values: [value].flat(),
})
const multi = (name: string, value: string, setIdentifier: string, type = 'A'): RecordSetInput => ({
  ...simple(name, value, type),
  setIdentifier,
  multiValueAnswer: true,
})
const weighted = (name: string, value: string, setIdentifier: string, weight: number): RecordSetInput => ({
  ...simple(name, value),
  setIdentifier,
  weight,
})
const create = (recordSet: RecordSetInput): ChangeInput => ({action: 'CREATE', recordSet})
const upsert = (recordSet: RecordSetInput): ChangeInput => ({action: 'UPSERT', recordSet})
const remove = (recordSet: RecordSetInput): ChangeInput => ({action: 'DELETE', recordSet})

const www = 'www.example.com'
const many = (count: number, of: (index: number) => ChangeInput) =>
  Array.from({length: count}, (_, index) => of(index))
const address = (index: number) => `192.0.${2 + (index >> 8)}.${index & 255}`

describe('a batch is refused whole', () => {
  test.each<[rule: string, before: ChangeInput[], batch: ChangeInput[], messages: string[]]>([
    [
      'deleting what is not there',
      [],
      [remove(simple(www, '192.0.2.1'))],
      ["Tried to delete resource record set [name='www.example.com.', type='A'] but it was not found"],
    ],
    [
      'deleting with another value',
      [create(simple(www, '192.0.2.1'))],
      [remove(simple(www, '192.0.2.2'))],
      [
        "Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values",
      ],
    ],
    [
      'deleting with another TTL',
      [create(multi(www, '192.0.2.1', 'one'))],
      [remove({...multi(www, '192.0.2.1', 'one'), ttlSeconds: 61})],
      [
        "Tried to delete resource record set [name='www.example.com.', type='A', set-identifier='one'] but the values provided do not match the current values",
      ],
    ],
    [
      'creating what exists, also with the same values',
      [create(multi(www, '192.0.2.1', 'one'))],
      [create(multi(www, '192.0.2.1', 'one'))],
      [
        "Tried to create resource record set [name='www.example.com.', type='A', set-identifier='one'] but it already exists",
      ],
    ],
    [
      'a lost compare-and-swap says both',
      [create(simple(www, '192.0.2.9'))],
      [remove(simple(www, '192.0.2.1')), create(simple(www, ['192.0.2.1', '192.0.2.2']))],
      [
        "Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values",
        "Tried to create resource record set [name='www.example.com.', type='A'] but it already exists",
      ],
    ],
    [
      'multivalue beside a simple set',
      [create(simple(www, '192.0.2.1'))],
      [create(multi(www, '192.0.2.2', 'two'))],
      [
        'RRSet with DNS name www.example.com., type A, SetIdentifier two cannot be created because a non multivalue answer rrset exists with the same name and type.',
      ],
    ],
    [
      'a simple set beside multivalue ones',
      [create(multi(www, '192.0.2.2', 'two'))],
      [create(simple(www, '192.0.2.1'))],
      [
        'RRSet with DNS name www.example.com., type A cannot be created as other RRSets exist with the same name and type.',
      ],
    ],
    [
      'weighted sets with different TTLs',
      [create(weighted(www, '192.0.2.1', 'one', 1))],
      [create({...weighted(www, '192.0.2.2', 'two', 1), ttlSeconds: 61})],
      [
        'RRSet with DNS name www.example.com. and type A, SetIdentifier two cannot be created as weighted sets must contain the same TTL.',
      ],
    ],
    [
      'an address beside a CNAME',
      [create(simple(www, 'example.net', 'CNAME'))],
      [create(simple(www, '192.0.2.1'))],
      [
        'RRSet of type A with DNS name www.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.',
      ],
    ],
    [
      'a CNAME beside an address',
      [create(simple(www, '192.0.2.1'))],
      [create(simple(www, 'example.net', 'CNAME'))],
      [
        'RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.',
      ],
    ],
    [
      'a CNAME at the apex',
      [],
      [create(simple('example.com', 'example.net', 'CNAME'))],
      [
        'RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.',
        'RRSet of type CNAME with DNS name example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.',
      ],
    ],
    [
      'a name of another zone',
      [],
      [create(simple('www.example.net', '192.0.2.1'))],
      ['RRSet with DNS name www.example.net. is not permitted in zone example.com.'],
    ],
    [
      'the same set twice',
      [create(simple(www, '192.0.2.1'))],
      [remove(simple(www, '192.0.2.1')), remove(simple(www, '192.0.2.1'))],
      ["The request contains an invalid set of changes for a resource record set 'A www.example.com.'"],
    ],
    [
      'one value twice',
      [],
      [create(simple(www, ['192.0.2.1', '192.0.2.1']))],
      ["Duplicate Resource Record: '192.0.2.1'"],
    ],
    [
      'values that are none, all at once',
      [],
      [
        create(simple('a.example.com', '192.0.2')),
        create(simple('a.example.com', '192.0.2.1', 'AAAA')),
        create(simple('b.example.com', 'bare', 'TXT')),
        create(simple('c.example.com', 'mail.example.com', 'MX')),
      ],
      [
        "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2''",
        "Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '192.0.2.1''",
        "Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'bare''",
        "Invalid Resource Record: 'FATAL problem: MXRRDATANotTwoFields (MX record must have 2 fields) encountered with 'mail.example.com''",
      ],
    ],
    [
      'names that are none',
      [],
      [
        create(simple('www..example.com', '192.0.2.1')),
        create(simple(`${'a'.repeat(64)}.example.com`, '192.0.2.1')),
      ],
      [
        "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'www..example.com'",
        `FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '${'a'.repeat(64)}.example.com'`,
      ],
    ],
    [
      '1,001 values',
      [],
      many(1001, index => create(simple(`n${index}.example.com`, '192.0.2.1'))),
      ['Number of records limit of 1000 exceeded.'],
    ],
    [
      '501 upserts',
      [],
      many(501, index => upsert(simple(`n${index}.example.com`, '192.0.2.1'))),
      ['Number of records limit of 1000 exceeded.'],
    ],
    [
      'more than 32,000 characters',
      [],
      many(133, index => create(simple(`n${index}.example.com`, `"${'x'.repeat(240)}"`, 'TXT'))),
      ['RDATA character limit of 32000 exceeded.'],
    ],
    [
      '401 values in one set',
      [],
      [create(simple(www, many401()))],
      ['Cannot have more than 400 records in a RRSet.'],
    ],
    [
      'the 101st multivalue set',
      many(100, index => create(multi(www, address(index), `id-${index}`))),
      [create(multi(www, address(100), 'id-100'))],
      ['Cannot have more than 100 RRSets with the same name and type: A www.example.com.'],
    ],
  ])('%s', async (_rule, before, batch, messages) => {
    const scene = sceneOf()
    if (before.length > 0) await scene.change(...before)
    const listed = scene.world.zone('example.com')?.sets
    await expect(
      scene.change(create(simple('other.example.com', '192.0.2.7')), ...batch),
    ).rejects.toMatchObject({
      status: 400,
      code: 'InvalidChangeBatch',
      message: `[${messages.join(', ')}]`,
    })
    expect(scene.world.zone('example.com')?.sets).toBe(listed)
  })
})

function many401(): string[] {
  return Array.from({length: 401}, (_, index) => address(index))
}

describe('a change without the right form is InvalidInput', () => {
  const where = `in Change with [Action=CREATE, Name=www.example.com, Type=A, SetIdentifier=null]`
  test.each<[rule: string, recordSet: RecordSetInput, message: string]>([
    [
      'no TTL',
      {name: www, type: 'A', values: ['192.0.2.1']},
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none ${where}`,
    ],
    [
      'routing without identifier',
      {...simple(www, '192.0.2.1'), multiValueAnswer: true},
      `Invalid request: Missing field 'SetIdentifier' ${where}`,
    ],
    [
      'identifier without routing',
      {...simple(www, '192.0.2.1'), setIdentifier: 'one'},
      `Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found none ${where.replace('null', 'one')}`,
    ],
    [
      'TTL out of range',
      simple(www, '192.0.2.1', 'A', 2 ** 31),
      `Invalid request: TTL must be from 0 to 2147483647 ${where}`,
    ],
    [
      'identifier too long',
      multi(www, '192.0.2.1', 'x'.repeat(129)),
      `Invalid request: SetIdentifier must have 1 to 128 characters ${where.replace('null', 'x'.repeat(129))}`,
    ],
  ])('%s', async (_rule, recordSet, message) => {
    await expect(sceneOf().change(create(recordSet))).rejects.toMatchObject({
      status: 400,
      code: 'InvalidInput',
      message,
    })
  })
})

describe('what a batch does', () => {
  test('replaces a set by DELETE and CREATE, values in any order', async () => {
    const scene = sceneOf()
    await scene.change(create(simple(www, ['192.0.2.1', '192.0.2.2'])))
    await scene.change(remove(simple(www, ['192.0.2.2', '192.0.2.1'])), create(simple(www, ['192.0.2.3'])))
    await scene.time.advance(60_000)
    expect(scene.values(www)).toEqual(['192.0.2.3'])
  })

  test('UPSERT creates or overwrites', async () => {
    const scene = sceneOf()
    await scene.change(upsert(simple(www, '192.0.2.1')))
    await scene.change(upsert(simple(www, '192.0.2.2')))
    await scene.time.advance(60_000)
    expect(scene.values(www)).toEqual(['192.0.2.2'])
  })

  test('the log says who changed what', async () => {
    const {world, calls, zoneId} = sceneOf()
    const role = {name: 'role:i-0abc', address: '192.0.2.1'}
    world.changeRecordSets(role, zoneId, [create(multi(www, '192.0.2.1', 'mcd:v1:web:i-0abc'))])
    expect(calls.records.at(-1)).toMatchObject({
      service: 'route53',
      action: 'ChangeResourceRecordSets',
      principal: role,
      effects: ['create A www.example.com 192.0.2.1 (mcd:v1:web:i-0abc)'],
    })
  })

  test('a batch is PENDING until the name servers have it, then INSYNC and served', async () => {
    const scene = sceneOf({dnsServedMs: 30_000})
    const {id, status} = await scene.change(create(simple(www, '192.0.2.1')))
    expect(status).toBe('PENDING')
    await scene.time.advance(29_999)
    expect(scene.world.getChange(OPERATOR, id).status).toBe('PENDING')
    expect(scene.world.answer(www, 'A').rcode).toBe('NXDOMAIN')
    await scene.time.advance(1)
    expect(scene.world.getChange(OPERATOR, id).status).toBe('INSYNC')
    expect(scene.values(www)).toEqual(['192.0.2.1'])
  })

  test('waits for the request before it', async () => {
    const scene = sceneOf()
    scene.world.rejectNextChanges(scene.zoneId, 1)
    const batch = create(simple(www, '192.0.2.1'))
    await expect(scene.change(batch)).rejects.toMatchObject({status: 400, code: 'PriorRequestNotComplete'})
    await expect(scene.change(batch)).resolves.toMatchObject({status: 'PENDING'})
  })
})

describe('listing', () => {
  test('sorts by reversed labels with the final dot, then type, then identifier', async () => {
    const scene = sceneOf()
    await scene.change(
      create(multi(www, '192.0.2.2', 'b')),
      create(multi(www, '192.0.2.1', 'a')),
      create(simple(www, '"x"', 'TXT')),
      create(simple('_mcd.www.example.com', '"out i-1"', 'TXT')),
      create(simple('www-old.example.com', '192.0.2.3')),
      create(simple('*.example.com', '192.0.2.4')),
      create(simple('Shop.Example.Com', '192.0.2.5')),
    )
    const {sets} = scene.world.listRecordSets(OPERATOR, scene.zoneId, {})
    expect(
      sets.map(({name, type, setIdentifier}) => [name, type, setIdentifier].filter(Boolean).join(' ')),
    ).toEqual([
      'example.com. NS',
      'example.com. SOA',
      '\\052.example.com. A',
      'shop.example.com. A',
      'www-old.example.com. A',
      'www.example.com. A a',
      'www.example.com. A b',
      'www.example.com. TXT',
      '_mcd.www.example.com. TXT',
    ])
  })

  test('pages hold 300, and say where the next one starts', async () => {
    const scene = sceneOf()
    await scene.change(...many(310, index => create(simple(`n${1000 + index}.example.com`, '192.0.2.1'))))
    const first = scene.world.listRecordSets(OPERATOR, scene.zoneId, {maxItems: '1000'})
    expect(first.sets).toHaveLength(300)
    expect(first.maxItems).toBe(300)
    expect(first.next?.name).toBe('n1298.example.com.')
    const second = scene.world.listRecordSets(OPERATOR, scene.zoneId, {name: 'n1298.example.com', type: 'A'})
    expect(second.sets).toHaveLength(12)
    expect(second.next).toBeUndefined()
  })

  test('starts at a name, a type and an identifier', async () => {
    const scene = sceneOf()
    await scene.change(
      create(multi(www, '192.0.2.1', 'a')),
      create(multi(www, '192.0.2.2', 'b')),
      create(simple(www, '"x"', 'TXT')),
    )
    const from = (query: object) =>
      scene.world.listRecordSets(OPERATOR, scene.zoneId, query).sets.map(set => set.setIdentifier ?? set.type)
    expect(from({name: www})).toEqual(['a', 'b', 'TXT'])
    expect(from({name: www, type: 'A', identifier: 'b'})).toEqual(['b', 'TXT'])
    expect(from({name: www, type: 'AAAA'})).toEqual(['TXT'])
    expect(() => from({type: 'A'})).toThrow('Type was given without Name')
  })

  test('shows changes that are still on their way', async () => {
    const scene = sceneOf({dnsServedMs: 60_000})
    await scene.change(create(simple(www, '192.0.2.1')))
    expect(scene.world.listRecordSets(OPERATOR, scene.zoneId, {name: www}).sets).toHaveLength(1)
    expect(scene.values(www)).toEqual([])
  })
})

describe('answers', () => {
  test('a simple set comes whole, in another order each time', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(create(simple(www, ['192.0.2.1', '192.0.2.2', '192.0.2.3'])))
    const firsts = [1, 2, 3].map(() => scene.world.answer(www, 'A').answers[0]?.data)
    expect(new Set(firsts).size).toBe(3)
    expect(scene.values(www)).toHaveLength(3)
  })

  test('twelve multivalue members answer eight, at random', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(...many(12, index => create(multi(www, address(index), `id-${index}`))))
    const answers = Array.from({length: 20}, () => scene.values(www))
    for (const answer of answers) expect(new Set(answer).size).toBe(8)
    expect(new Set(answers.flat()).size).toBe(12)
  })

  test('weighted sets answer one, by weight', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(
      create(weighted(www, '192.0.2.1', 'all', 1)),
      create(weighted(www, '192.0.2.2', 'none', 0)),
    )
    for (let query = 0; query < 20; query++) expect(scene.values(www)).toEqual(['192.0.2.1'])
  })

  test('a CNAME is followed within the zone', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(
      create(simple(www, 'Shop.example.com', 'CNAME')),
      create(simple('shop.example.com', '192.0.2.1')),
    )
    expect(scene.world.answer('WWW.example.com.', 'A').answers).toEqual([
      {name: 'www.example.com', type: 'CNAME', ttlSeconds: 60, data: 'shop.example.com'},
      {name: 'shop.example.com', type: 'A', ttlSeconds: 60, data: '192.0.2.1'},
    ])
  })

  test('a wildcard speaks for names that are not there', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(
      create(simple('*.example.com', '192.0.2.1')),
      create(simple('a.shop.example.com', '192.0.2.2')),
    )
    expect(scene.values('anything.example.com')).toEqual(['192.0.2.1'])
    expect(scene.world.answer('shop.example.com', 'A')).toMatchObject({rcode: 'NOERROR', answers: []})
    expect(scene.world.answer('b.shop.example.com', 'A').rcode).toBe('NXDOMAIN')
  })

  test('an alias answers as its target does', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    const aliasTarget = {hostedZoneId: scene.zoneId, dnsName: www, evaluateTargetHealth: false}
    await scene.change(
      create(simple(www, '192.0.2.1')),
      create({name: 'example.com', type: 'A', aliasTarget}),
    )
    expect(scene.world.answer('example.com', 'A').answers).toEqual([
      {name: 'example.com', type: 'A', ttlSeconds: 60, data: '192.0.2.1'},
    ])
  })

  test('TXT, MX and SRV come in the shape of the DNS', async () => {
    const scene = sceneOf({dnsServedMs: 0})
    await scene.change(
      create(simple(www, '"say \\"hi\\"" "\\303\\244"', 'TXT')),
      create(simple(www, '10 mail.example.com', 'MX')),
      create(simple('_http._tcp.example.com', '1 2 80 www.example.com.', 'SRV')),
    )
    const data = (name: string, type: string) => scene.world.answer(name, type).answers[0]?.data
    expect(data(www, 'TXT')).toEqual([Buffer.from('say "hi"'), Buffer.from('ä')])
    expect(data(www, 'MX')).toEqual({preference: 10, exchange: 'mail.example.com'})
    expect(data('_http._tcp.example.com', 'SRV')).toEqual({
      priority: 1,
      weight: 2,
      port: 80,
      target: 'www.example.com',
    })
  })

  test('a missing type carries the SOA, a name of nobody is refused', () => {
    const {world} = sceneOf()
    expect(world.answer('example.com', 'A')).toMatchObject({rcode: 'NOERROR', authorities: [{type: 'SOA'}]})
    expect(world.answer('nothing.example.com', 'A')).toMatchObject({
      rcode: 'NXDOMAIN',
      authorities: [{type: 'SOA'}],
    })
    expect(world.answer('www.example.net', 'A').rcode).toBe('REFUSED')
  })
})

describe('who may do what', () => {
  test('instances may list, change and ask for changes, nothing else', () => {
    const {world, zoneId} = sceneOf()
    world.listRecordSets({name: 'role:i-0abc'}, zoneId, {})
    const {id} = world.changeRecordSets(INSTANCES, zoneId, [create(multi(www, '192.0.2.1', 'one'))])
    world.getChange(INSTANCES, id)
    expect(() => world.listHostedZonesByName(INSTANCES, {})).toThrow(
      'User: arn:aws:iam::000000000000:user/instances is not authorized to perform: route53:ListHostedZonesByName on resource: *',
    )
  })

  test('what is taken from instances is taken from their roles too', () => {
    const {world, zoneId} = sceneOf()
    world.policies.set('instances', ['ListResourceRecordSets'])
    expect(() => world.changeRecordSets({name: 'role:i-0abc'}, zoneId, [])).toThrow(
      `is not authorized to perform: route53:ChangeResourceRecordSets on resource: arn:aws:route53:::hostedzone/${zoneId}`,
    )
  })

  test('five requests a second for the whole account', async () => {
    const {world, zoneId, time} = sceneOf()
    const list = (name: string) => world.listRecordSets({name}, zoneId, {})
    for (const name of ['operator', 'instances', 'operator', 'instances', 'role:i-1']) list(name)
    expect(() => list('operator')).toThrow('Rate exceeded')
    await time.advance(200)
    list('operator')
    expect(() => list('operator')).toThrow(expect.objectContaining({status: 400, code: 'Throttling'}))
  })
})

describe('zones', () => {
  test('are created with SOA and four name servers, once for each caller reference', () => {
    const {world} = sceneOf()
    const {zone, change} = world.createHostedZone(OPERATOR, {name: 'example.net', callerReference: 'one'})
    expect(change.status).toBe('PENDING')
    expect(zone.nameServers).toHaveLength(4)
    expect(world.answer('example.net', 'NS').answers).toHaveLength(4)
    expect(() => world.createHostedZone(OPERATOR, {name: 'example.net', callerReference: 'one'})).toThrow(
      expect.objectContaining({status: 409, code: 'HostedZoneAlreadyExists'}),
    )
  })

  test('are listed by name from a name on', () => {
    const {world} = sceneOf()
    for (const name of ['a.example.com', 'example.net', 'example.org']) world.addZone(name)
    const names = (query: object) => world.listHostedZonesByName(OPERATOR, query).zones.map(zone => zone.name)
    expect(names({})).toEqual(['example.com.', 'a.example.com.', 'example.net.', 'example.org.'])
    expect(names({dnsName: 'example.net'})).toEqual(['example.net.', 'example.org.'])
  })

  test('keep their SOA and their NS set', async () => {
    const scene = sceneOf()
    const {nameServers} = scene.world.zone('example.com') ?? expect.unreachable()
    await expect(
      scene.change(remove(simple('example.com', [...nameServers], 'NS', 172_800))),
    ).rejects.toThrow('A HostedZone must contain at least one NS record for the zone itself.')
  })
})
