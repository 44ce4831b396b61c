import {describe, expect, test} from 'vitest'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {cloudflareScene, DNS_SERVED_MS} from '../../support/cloudflare-world.ts'

/** Every code of the refusal, the chain included; undefined when it went through. */
function refusalOf(work: () => unknown): number[] | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (!(error instanceof VendorError)) throw error
    const chain = (error.detail.error_chain ?? []) as {code: number}[]
    return [error.code as number, ...chain.map(({code}) => code)]
  }
}

describe('one record', () => {
  const a = {type: 'A', name: 'www.example.com', content: '192.0.2.1', ttl: 60}
  const srv = (data: object) => ({
    type: 'SRV',
    name: '_http._tcp',
    ttl: 60,
    data: {priority: 0, weight: 1, port: 80, target: 'a.example.com', ...data},
  })
  test.each([
    ['takes an A record', a, undefined],
    ['takes automatic as 1', {...a, ttl: 1}, undefined],
    ['takes the longest TTL', {...a, ttl: 86_400}, undefined],
    ['takes the shortest TTL', {...a, ttl: 60}, undefined],
    ['wants a TTL', {...a, ttl: undefined}, [9021]],
    ['refuses a TTL under a minute', {...a, ttl: 59}, [9021]],
    ['refuses a TTL over a day', {...a, ttl: 86_401}, [9021]],
    ['refuses a TTL in quotes', {...a, ttl: '60'}, [9021]],
    ['refuses a name with two dots in a row', {...a, name: 'a..b'}, [9000]],
    ['refuses no name', {...a, name: ''}, [9000]],
    ['refuses a name over 253 characters', {...a, name: `${'a.'.repeat(125)}b`}, [9000]],
    ['refuses a label over 63 characters', {...a, name: 'a'.repeat(64)}, [9000]],
    ['refuses an unknown type', {...a, type: 'WKS'}, [9004]],
    ['refuses what is no IPv4 address', {...a, content: '192.0.2.256'}, [9005]],
    ['refuses an IPv6 address in an A record', {...a, content: '2001:db8::1'}, [9005]],
    ['refuses what is no IPv6 address', {...a, type: 'AAAA', content: '192.0.2.1'}, [9006]],
    ['refuses an address in a CNAME', {...a, type: 'CNAME', content: '192.0.2.1'}, [9007]],
    ['refuses a CNAME to itself', {...a, type: 'CNAME', content: 'WWW.example.com.'}, [9039]],
    ['refuses an empty PTR', {...a, type: 'PTR', content: ''}, [9011]],
    ['wants a priority for MX', {...a, type: 'MX', content: 'mail.example.com'}, [9009]],
    ['refuses TXT with an open quote', {...a, type: 'TXT', content: '"half'}, [9010]],
    ['refuses TXT over 4,096 wire bytes', {...a, type: 'TXT', content: `"${'x'.repeat(4_090)}"`}, [9015]],
    ['takes SRV by data', srv({}), undefined],
    ['takes an SRV target of a lone dot', srv({target: '.'}), undefined],
    ['refuses SRV by content', {...srv({}), data: undefined, content: '0 1 80 a.example.com'}, [1004, 9101]],
    ['refuses an SRV port over 65,535', srv({port: 65_536}), [1004, 9101]],
    ['refuses SRV beside _service._proto', {...srv({}), name: 'www'}, [1004, 9101]],
    ['takes a comment of 100 characters', {...a, comment: 'x'.repeat(100)}, undefined],
    ['refuses a comment of 101 characters', {...a, comment: 'x'.repeat(101)}, [1004, 9301]],
    ['refuses a comment of two lines', {...a, comment: 'x\ny'}, [1004, 9301]],
    ['refuses tags on a free zone', {...a, tags: ['owner:me']}, [1004, 9300]],
    ['refuses a proxied TXT', {...a, type: 'TXT', content: '"x"', proxied: true}, [9041]],
    ['refuses a proxied private address', {...a, content: '10.0.0.1', proxied: true}, [9003]],
    ['refuses a proxied loopback address', {...a, content: '127.0.0.1', proxied: true}, [9003]],
    [
      "takes a proxied address of the sandbox's machines",
      {...a, content: '127.64.0.1', proxied: true},
      undefined,
    ],
    ['refuses an unknown setting', {...a, settings: {fast: true}}, [9207]],
    ['refuses what is no object', 'A www 192.0.2.1', [9207]],
  ])('%s', (_rule, input, refusal) => {
    const {cloudflare, operator, zone} = cloudflareScene()
    expect(refusalOf(() => cloudflare.createRecord(operator, zone.id, input))).toEqual(refusal)
  })

  test.each([
    ['a short name gets the zone', {name: 'www'}, {name: 'www.example.com'}],
    ['@ is the apex', {name: '@'}, {name: 'example.com'}],
    [
      'a name of another zone gets the zone too',
      {name: 'a.example.net'},
      {name: 'a.example.net.example.com'},
    ],
    ['names are lower case without the final dot', {name: 'WWW.Example.com.'}, {name: 'www.example.com'}],
    [
      'an IPv6 address is shortened',
      {type: 'AAAA', content: '2001:0DB8:0:0::0001'},
      {content: '2001:db8::1'},
    ],
    ['TXT comes back quoted', {type: 'TXT', content: 'a "b"'}, {content: '"a \\"b\\""'}],
    ['TXT strings stay as they were cut', {type: 'TXT', content: '"a" "b"'}, {content: '"a" "b"'}],
    [
      'long TXT is cut at 255 bytes',
      {type: 'TXT', content: `"${'x'.repeat(300)}"`},
      {content: `"${'x'.repeat(255)}" "${'x'.repeat(45)}"`},
    ],
    ['a proxied record is automatic', {proxied: true, ttl: 120}, {proxied: true, ttl: 1}],
    ['an empty comment is none', {comment: ''}, {comment: null}],
  ])('%s', (_rule, input, shown) => {
    expect(cloudflareScene().create({content: '192.0.2.1', ...input})).toMatchObject(shown)
  })
})

describe('a record among its neighbours', () => {
  const standing = [
    {content: '192.0.2.1', comment: 'theirs'},
    {name: 'alias', type: 'CNAME', content: 'www.example.com'},
    {name: 'sub', type: 'NS', content: 'ns.example.net'},
    {name: 'mail', type: 'MX', content: 'a.example.net', priority: 10},
    {name: 'mail', type: 'TXT', content: '"x"'},
  ]
  test.each([
    ['another value of the set is fine', {content: '192.0.2.2'}, undefined],
    [
      'the same value is identical, whatever its comment, TTL and proxied flag',
      {content: '192.0.2.1', comment: 'ours', ttl: 120, proxied: true},
      [81058],
    ],
    ['the same text in other quotes is identical', {name: 'mail', type: 'TXT', content: 'x'}, [81058]],
    [
      'another priority is another MX',
      {name: 'mail', type: 'MX', content: 'a.example.net', priority: 20},
      undefined,
    ],
    ['no CNAME beside an address', {type: 'CNAME', content: 'a.example.net'}, [81053]],
    ['no second CNAME', {name: 'alias', type: 'CNAME', content: 'a.example.net'}, [81053]],
    ['no address beside a CNAME', {name: 'alias', content: '192.0.2.1'}, [81054]],
    ['nothing beside NS', {name: 'sub', content: '192.0.2.1'}, [81056]],
    ['NS beside nothing', {type: 'NS', content: 'ns.example.net'}, [81053]],
  ])('%s', (_rule, input, refusal) => {
    const scene = cloudflareScene()
    for (const record of standing) scene.create(record)
    expect(refusalOf(() => scene.create(input))).toEqual(refusal)
  })

  test('a free zone holds 200 records, and the limit can be set', () => {
    const scene = cloudflareScene()
    const fill = (from: number, to: number) => {
      for (let i = from; i < to; i++) scene.create({name: `n${i}`, content: '192.0.2.1'})
    }
    fill(0, 200)
    expect(refusalOf(() => fill(200, 201))).toEqual([81045])
    scene.zone.plan.records = 201
    fill(200, 201)
    expect(refusalOf(() => fill(201, 202))).toEqual([81045])
  })

  test('the content of one set stays within 8,192 characters', () => {
    const scene = cloudflareScene()
    const text = (char: string) => ({type: 'TXT', content: `"${char.repeat(255)}" `.repeat(15).trim()})
    scene.create(text('a'))
    scene.create(text('b'))
    expect(refusalOf(() => scene.create(text('c')))).toEqual([83011])
    scene.create({...text('c'), name: 'other'})
  })
})

describe('changing', () => {
  test('PATCH keeps what is not given, PUT returns it to its default', () => {
    const {cloudflare, operator, zone, create} = cloudflareScene()
    const {id} = create({content: '192.0.2.1', comment: 'mine'})
    expect(cloudflare.patchRecord(operator, zone.id, id, {ttl: 120})).toMatchObject({
      ttl: 120,
      comment: 'mine',
      content: '192.0.2.1',
    })
    const whole = {type: 'A', name: 'www', content: '192.0.2.2', ttl: 60}
    expect(cloudflare.putRecord(operator, zone.id, id, whole)).toMatchObject({
      id,
      ttl: 60,
      comment: null,
      content: '192.0.2.2',
    })
  })

  test('a record may be changed to itself, not to another', () => {
    const {cloudflare, operator, zone, create} = cloudflareScene()
    create({content: '192.0.2.1'})
    const {id} = create({content: '192.0.2.2'})
    cloudflare.patchRecord(operator, zone.id, id, {content: '192.0.2.2'})
    expect(refusalOf(() => cloudflare.patchRecord(operator, zone.id, id, {content: '192.0.2.1'}))).toEqual([
      81058,
    ])
  })

  test.each(['getRecord', 'deleteRecord'] as const)('%s of a missing record is 81044', method => {
    const {cloudflare, operator, zone} = cloudflareScene()
    expect(refusalOf(() => cloudflare[method](operator, zone.id, '0'.repeat(32)))).toEqual([81044])
  })

  test('a batch deletes before it creates', () => {
    const {cloudflare, operator, zone, create, list} = cloudflareScene()
    const {id} = create({content: '192.0.2.1', comment: 'old'})
    const post = {type: 'A', name: 'www', content: '192.0.2.1', ttl: 60, comment: 'new'}
    cloudflare.batchRecords(operator, zone.id, {posts: [post], deletes: [{id}]})
    expect(list().items).toMatchObject([{content: '192.0.2.1', comment: 'new'}])
  })

  test.each([
    ['an identical record', {posts: [{type: 'A', name: 'www', content: '192.0.2.1', ttl: 60}]}, [81058]],
    ['a missing id', {patches: [{id: '0'.repeat(32), ttl: 60}]}, [81044]],
    ['an id as bare text', {deletes: ['0'.repeat(32)]}, [9207]],
    [
      '201 operations',
      {
        posts: Array.from({length: 200}, (_, i) => ({
          type: 'A',
          name: `n${i}`,
          content: '192.0.2.1',
          ttl: 60,
        })),
      },
      [81060],
    ],
  ])('%s fails a whole batch, and nothing of it is applied or logged', (_rule, body, refusal) => {
    const {calls, cloudflare, operator, zone, create, list} = cloudflareScene()
    create({content: '192.0.2.1'})
    const {id} = create({content: '192.0.2.2'})
    const deletes = [{id}, ...('deletes' in body ? body.deletes : [])]
    expect(refusalOf(() => cloudflare.batchRecords(operator, zone.id, {...body, deletes}))).toEqual(refusal)
    expect(list().items).toHaveLength(2)
    expect(calls.records.find(({action}) => action.endsWith('/batch'))).toMatchObject({
      effects: [],
      refused: refusal[0],
    })
  })
})

describe('listing', () => {
  const populated = () => {
    const scene = cloudflareScene()
    for (let i = 1; i <= 5; i++)
      scene.create({content: `192.0.2.${i}`, comment: i % 2 ? `mcd:v1 f=web i=${i}` : ''})
    scene.create({name: 'awww', content: '192.0.2.9'})
    scene.create({name: 'x.www', type: 'TXT', content: '"hello"'})
    return scene
  }
  test.each([
    [{}, 7],
    [{name: 'www.example.com'}, 5],
    [{'name.exact': 'WWW.example.com'}, 5],
    [{'name.endswith': 'www.example.com'}, 7],
    [{'name.startswith': 'x.'}, 1],
    [{'name.contains': 'ww'}, 7],
    [{type: 'TXT'}, 1],
    [{content: '192.0.2.3'}, 1],
    [{'content.exact': '192.0.2.3', name: 'awww.example.com'}, 0],
    [{'content.exact': '192.0.2.3', name: 'awww.example.com', match: 'any'}, 2],
    [{'comment.startswith': 'MCD:v1'}, 3],
    [{'comment.present': ''}, 3],
    [{'comment.absent': ''}, 4],
    [{proxied: 'false'}, 7],
    [{proxied: 'true'}, 0],
    [{'tag.present': 'x'}, 0],
    [{'tag.absent': 'x'}, 7],
    [{search: 'HELLO'}, 1],
  ])('%j finds %i', (query, count) => {
    expect(populated().list(query as Record<string, string>).totalCount).toBe(count)
  })

  test.each([
    {nmae: 'x'},
    {type: 'WKS'},
    {page: '0'},
    {per_page: 'all'},
    {order: 'age'},
    {match: 'none'},
    {proxied: 'yes'},
  ])('%j is refused', query => {
    expect(refusalOf(() => populated().list(query as unknown as Record<string, string>))).toEqual([1003])
  })

  test('pages hold every record once, however large a page was asked for', () => {
    const scene = populated()
    scene.zone.plan.recordsPerPage = 3
    const pages = [1, 2, 3, 4].map(page => scene.list({page: String(page), per_page: '1000'}))
    expect(pages.map(({items}) => items.length)).toEqual([3, 3, 1, 0])
    expect(new Set(pages.flatMap(({items}) => items.map(({id}) => id))).size).toBe(7)
    expect(pages[0]).toMatchObject({perPage: 3, totalCount: 7})
  })

  test('is ordered as asked', () => {
    const contents = populated()
      .list({name: 'www.example.com', order: 'content', direction: 'desc'})
      .items.map(({content}) => content)
    expect(contents).toEqual(['192.0.2.5', '192.0.2.4', '192.0.2.3', '192.0.2.2', '192.0.2.1'])
  })

  test('an unknown zone is an empty list', () => {
    const {cloudflare, operator} = cloudflareScene()
    const named = (name: string) =>
      cloudflare.listZones(operator, new URLSearchParams({name})).items.map(zone => zone.name)
    expect(named('example.com')).toEqual(['example.com'])
    expect(named('xample.com')).toEqual([])
    expect(named('contains:ample')).toEqual(['example.com'])
  })
})

describe('tokens', () => {
  const instances = {token: SANDBOX.cloudflare.instancesToken}
  const record = {type: 'A', name: 'www', content: '192.0.2.1', ttl: 60}

  test('an instance may change records and not look for zones', () => {
    const {cloudflare, zone} = cloudflareScene()
    cloudflare.createRecord(instances, zone.id, record)
    expect(cloudflare.listZones(instances, new URLSearchParams()).items).toEqual([])
    expect(refusalOf(() => cloudflare.getZone(instances, zone.id))).toEqual([9109])
  })

  test('a token sees its own zones only, and an unknown zone looks the same', () => {
    const {cloudflare} = cloudflareScene()
    const other = cloudflare.addZone('example.net')
    for (const id of [other.id, 'f'.repeat(32)]) {
      expect(refusalOf(() => cloudflare.createRecord(instances, id, record))).toEqual([10000])
    }
  })

  test('a revoked, expired or unknown token is refused at once, and verify tells', () => {
    const {cloudflare, time, zone, operator} = cloudflareScene()
    cloudflare.addToken({
      value: 'short',
      principal: 'short',
      permissions: ['dns-write'],
      zones: 'all',
      expiresOnMs: time.now(),
    })
    cloudflare.revokeToken(instances.token)
    for (const token of [instances.token, 'short', 'nobody']) {
      expect(refusalOf(() => cloudflare.createRecord({token}, zone.id, record))).toEqual([10000])
      expect(refusalOf(() => cloudflare.verifyToken({token}))).toEqual([10000])
    }
    expect(cloudflare.verifyToken(operator)).toMatchObject({status: 'active'})
  })

  test('reading is not writing', () => {
    const {cloudflare, zone} = cloudflareScene()
    cloudflare.addToken({value: 'reader', principal: 'reader', permissions: ['dns-read'], zones: 'all'})
    cloudflare.listRecords({token: 'reader'}, zone.id, new URLSearchParams())
    expect(refusalOf(() => cloudflare.createRecord({token: 'reader'}, zone.id, record))).toEqual([10000])
  })

  test('account-owned tokens are verified at their account', () => {
    const {cloudflare, zone, operator} = cloudflareScene()
    cloudflare.addToken({
      value: 'owned',
      principal: 'owned',
      permissions: ['dns-write'],
      zones: 'all',
      kind: 'account',
    })
    expect(cloudflare.verifyAccountToken({token: 'owned'}, zone.account.id)).toMatchObject({status: 'active'})
    expect(refusalOf(() => cloudflare.verifyToken({token: 'owned'}))).toEqual([1000])
    expect(refusalOf(() => cloudflare.verifyAccountToken(operator, zone.account.id))).toEqual([1000])
  })

  test('a token may be bound to an address', () => {
    const {cloudflare, zone} = cloudflareScene()
    cloudflare.addToken({
      value: 'home',
      principal: 'home',
      permissions: ['dns-write'],
      zones: 'all',
      allowedAddresses: ['192.0.2.7'],
    })
    cloudflare.createRecord({token: 'home', address: '192.0.2.7'}, zone.id, record)
    expect(
      refusalOf(() => cloudflare.createRecord({token: 'home', address: '192.0.2.8'}, zone.id, record)),
    ).toEqual([9109])
  })
})

describe('the rate limit', () => {
  test('1,200 requests in five minutes, shared by all tokens of one owner; then nothing until the window ends', async () => {
    const {cloudflare, time, operator, list} = cloudflareScene()
    list()
    await time.advance(10_000)
    for (let i = 1; i < 1_200; i++) list()
    expect(refusalOf(() => list())).toEqual([971])
    expect(refusalOf(() => cloudflare.verifyToken({token: SANDBOX.cloudflare.instancesToken}))).toEqual([971])
    expect(cloudflare.rateOf(operator.token)).toEqual({limit: 1_200, remaining: 0, resetSeconds: 290})
    await time.advance(289_000)
    expect(refusalOf(() => list())).toEqual([971])
    await time.advance(1_000)
    expect(list().items).toEqual([])
  })
})

describe('the request log', () => {
  test('says who did what', () => {
    const {calls, cloudflare, zone, create, operator} = cloudflareScene()
    const mark = 'mcd:v1 f=web g=east i=i-1'
    const {id} = create({content: '192.0.2.1', comment: mark})
    cloudflare.deleteRecord({token: SANDBOX.cloudflare.instancesToken, address: '127.0.0.9'}, zone.id, id)
    expect(calls.records).toMatchObject([
      {
        action: 'POST /zones/:id/dns_records',
        principal: {name: 'operator'},
        effects: [`create A www.example.com 192.0.2.1 (${mark})`],
      },
      {
        action: 'DELETE /zones/:id/dns_records/:id',
        principal: {name: 'instances', address: '127.0.0.9'},
        effects: [`delete A www.example.com 192.0.2.1 (${mark})`],
      },
    ])
    expect(refusalOf(() => cloudflare.deleteRecord(operator, zone.id, id))).toEqual([81044])
    expect(calls.records.at(-1)).toMatchObject({refused: 81044, effects: []})
  })
})

describe('the edge', () => {
  const values = (answer: {answers: readonly {data: unknown}[]}) => answer.answers.map(({data}) => data)

  test('serves a change after a while, and not before', async () => {
    const {cloudflare, time, operator, zone, create} = cloudflareScene()
    const {id} = create({content: '192.0.2.1'})
    expect(cloudflare.answer('www.example.com', 'A').rcode).toBe('NXDOMAIN')
    await time.advance(DNS_SERVED_MS - 1)
    expect(cloudflare.answer('www.example.com', 'A').rcode).toBe('NXDOMAIN')
    await time.advance(1)
    expect(cloudflare.answer('WWW.example.com.', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: [{name: 'www.example.com', type: 'A', ttlSeconds: 60, data: '192.0.2.1'}],
    })
    cloudflare.deleteRecord(operator, zone.id, id)
    expect(values(cloudflare.answer('www.example.com', 'A'))).toEqual(['192.0.2.1'])
    await time.advance(DNS_SERVED_MS)
    expect(cloudflare.answer('www.example.com', 'A').rcode).toBe('NXDOMAIN')
  })

  test('shifts the order of the values from query to query', async () => {
    const {cloudflare, time, create} = cloudflareScene()
    for (const content of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) create({content})
    await time.advance(DNS_SERVED_MS)
    const firsts = [1, 2, 3].map(() => values(cloudflare.answer('www.example.com', 'A'))[0])
    expect(new Set(firsts).size).toBe(3)
  })

  test.each([
    ['www.example.com', 'A', 'NOERROR', ['192.0.2.1']],
    ['www.example.com', 'TXT', 'NOERROR', []],
    ['auto.example.com', 'A', 'NOERROR', ['192.0.2.2']],
    ['alias.example.com', 'A', 'NOERROR', ['www.example.com', '192.0.2.1']],
    ['away.example.com', 'A', 'NOERROR', ['www.example.net']],
    ['deep.example.com', 'A', 'NOERROR', []],
    ['none.example.com', 'A', 'NXDOMAIN', []],
    ['any.wild.example.com', 'A', 'NOERROR', ['192.0.2.3']],
    ['proxied.example.com', 'A', 'NOERROR', ['203.0.113.1', '203.0.113.2']],
    ['example.com', 'NS', 'NOERROR', ['ada.ns.cloudflare.test', 'bob.ns.cloudflare.test']],
    ['example.net', 'A', 'REFUSED', []],
  ])('%s %s is %s %j', async (name, type, rcode, data) => {
    const {cloudflare, time, create} = cloudflareScene()
    create({content: '192.0.2.1'})
    create({name: 'auto', content: '192.0.2.2', ttl: 1})
    create({name: 'alias', type: 'CNAME', content: 'www.example.com'})
    create({name: 'away', type: 'CNAME', content: 'www.example.net'})
    create({name: 'very.deep', content: '192.0.2.4'})
    create({name: '*.wild', content: '192.0.2.3'})
    create({name: 'proxied', content: '192.0.2.5', proxied: true})
    await time.advance(DNS_SERVED_MS)
    const answer = cloudflare.answer(name, type)
    expect(answer.rcode).toBe(rcode)
    expect(values(answer).sort()).toEqual([...data].sort())
    expect(answer.authorities.map(record => record.type)).toEqual(
      rcode !== 'REFUSED' && data.length === 0 ? ['SOA'] : [],
    )
  })
})
