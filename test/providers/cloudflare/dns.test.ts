import {afterEach, describe, expect, test, vi} from 'vitest'
import {AuthError, ConflictError, McdError, UnreachableError} from '../../../src/errors.ts'
import {cloudflareDns} from '../../../src/providers/cloudflare/dns.ts'
import type {DnsChange, Member} from '../../../src/providers/dns.ts'
import type {Call} from '../../../src/sandbox/world/calls.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {Secret} from '../../../src/secret.ts'
import {cloudflareScene, DNS_SERVED_MS} from '../../support/cloudflare-world.ts'
import {requestFaults} from '../../support/openapi.ts'
import {replay} from '../../support/replay.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'
import {worldCloudflareDns} from '../../support/world-cloudflare.ts'

const NAME = 'www.example.com'
const LIST = 'GET /zones/:id/dns_records'
const BATCH = 'POST /zones/:id/dns_records/batch'
const ours = (value: string, instance = 'i-1', more: Partial<Member> = {}): Member => ({
  name: NAME,
  type: 'A',
  value,
  ttlSeconds: 60,
  mark: {fleet: 'web', group: 'east', instance},
  proxied: false,
  ...more,
})
const comment = (instance: string) => `mcd:v1 f=web g=east i=${instance}`

/** The adapter on the strict world, in memory. */
function stage() {
  const scene = cloudflareScene()
  const provider = worldCloudflareDns(scene, scene.time.runtime())
  const zone = {
    id: scene.zone.id,
    name: scene.zone.name,
    account: scene.zone.account.id,
    nameServers: scene.zone.nameServers,
  }
  const actions = () => scene.calls.records.map(({action}) => action)
  return {
    ...scene,
    provider,
    facts: zone,
    actions,
    change: (change: DnsChange) => scene.time.run(() => provider.change(zone, change)),
  }
}

describe('a change', () => {
  test('of a hundred members is one listing and one batch', async () => {
    const {change, actions, list} = stage()
    await change({create: Array.from({length: 100}, (_, i) => ours(`192.0.2.${i}`, `i-${i}`)), remove: []})
    expect(actions()).toEqual([LIST, BATCH])
    expect(list().totalCount).toBe(100)
  })

  test('takes away what was made a moment ago only once the servers answer with it', async () => {
    const {provider, facts, create, time} = stage()
    create({content: '192.0.2.1', comment: comment('i-1')})
    const startMs = time.now()
    await time.run(async () => {
      const remove = await provider.listMembers(facts, [NAME])
      await provider.change(facts, {create: [], remove})
    })
    expect(time.now() - startMs).toBeGreaterThanOrEqual(DNS_SERVED_MS)
  })

  test('with nothing left to do writes nothing', async () => {
    const {change, actions, create} = stage()
    create({content: '192.0.2.1', comment: comment('i-1')})
    await change({create: [ours('192.0.2.1')], remove: [ours('192.0.2.2', 'i-2', {ref: 'f'.repeat(32)})]})
    expect(actions()).toEqual(['POST /zones/:id/dns_records', LIST])
  })

  test('of nothing makes no call', async () => {
    const {change, actions} = stage()
    expect((await change({create: [], remove: []})).id).not.toBe('')
    expect(actions()).toEqual([])
  })

  test('overtaken by an instance that registered itself is worked out again', async () => {
    const {change, actions, calls, create, list} = stage()
    let overtaken = false
    calls.faults = {
      before({action}: Call) {
        if (action !== BATCH || overtaken) return
        overtaken = true
        create({content: '192.0.2.1', comment: comment('i-1')})
      },
      after() {},
    }
    await change({create: [ours('192.0.2.1'), ours('192.0.2.2', 'i-2')], remove: []})
    expect(actions().filter(action => action === BATCH)).toHaveLength(2)
    expect(
      list()
        .items.map(({content}) => content)
        .sort(),
    ).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test('overtaken twice goes on with single calls, each of which may find its work done', async () => {
    const {change, actions, calls, cloudflare, create, operator, zone, list} = stage()
    const leaving = ['192.0.2.11', '192.0.2.12', '192.0.2.13'].map((content, i) =>
      create({content, comment: comment(`old-${i}`)}),
    )
    const members = leaving.map(({id, content}, i) => ours(content, `old-${i}`, {ref: id}))
    // Somebody removes one more of them before every batch and every single removal.
    const racing = [...leaving]
    calls.faults = {
      before({action}: Call) {
        if (action !== BATCH && !action.startsWith('DELETE')) return
        const next = racing.shift()
        if (next) cloudflare.deleteRecord(operator, zone.id, next.id)
      },
      after() {},
    }
    await change({create: [ours('192.0.2.1')], remove: members})
    expect(actions().filter(action => action === BATCH)).toHaveLength(2)
    expect(list().items.map(({content}) => content)).toEqual(['192.0.2.1'])
  })

  test('a stranger who takes our value between listing and single call is a conflict', async () => {
    const {change, calls, create, list} = stage()
    const contents = ['192.0.2.1', '192.0.2.2', '192.0.2.3']
    const racing = [comment('i-1'), comment('i-2'), 'made by hand']
    let left = 0
    let own = false
    calls.faults = {
      before({action}: Call) {
        const single = action === 'POST /zones/:id/dns_records'
        if (own || (action !== BATCH && !single) || left >= contents.length) return
        own = true
        create({content: contents[left], comment: racing[left]})
        own = false
        left++
      },
      after() {},
    }
    const creating = change({create: contents.map((value, i) => ours(value, `i-${i + 1}`)), remove: []})
    await expect(creating).rejects.toThrow(ConflictError)
    await expect(creating).rejects.toThrow('192.0.2.3')
    expect(list().items.find(({content}) => content === '192.0.2.3')?.comment).toBe('made by hand')
  })

  test('a foreign CNAME under the name is a conflict', async () => {
    const {change, create} = stage()
    create({type: 'CNAME', content: 'elsewhere.example.net'})
    await expect(change({create: [ours('192.0.2.1')], remove: []})).rejects.toThrow(ConflictError)
  })

  test('that keeps failing ends, saying that it may have taken effect', async () => {
    const {change, calls} = stage()
    calls.faults = {
      before({action}: Call) {
        if (action === BATCH) throw new VendorError(502, 10001, 'bad gateway')
      },
      after() {},
    }
    const changing = change({create: [ours('192.0.2.1')], remove: []})
    await expect(changing).rejects.toThrow(UnreachableError)
    await expect(changing).rejects.toMatchObject({effect: 'unknown'})
  })
})

describe('a proxied name', () => {
  test('is judged by the API, since its answers are CloudFlare’s addresses', async () => {
    const {change, provider, facts, time} = stage()
    await change({create: [ours('192.0.2.1', 'i-1', {proxied: true})], remove: []})
    const removed = await time.run(() => provider.listMembers(facts, [NAME]))
    expect(removed).toMatchObject([{proxied: true, ttlSeconds: 300}])
    expect(await time.run(() => provider.removalServed(facts, removed))).toBe(false)
    await change({create: [], remove: removed})
    expect(await time.run(() => provider.removalServed(facts, removed))).toBe(true)
  })
})

describe('zones', () => {
  test('one that is not active is refused with the reason', async () => {
    const {cloudflare, provider, time} = stage()
    cloudflare.addZone('example.net', {status: 'pending'})
    const finding = time.run(() => provider.findZone('example.net'))
    await expect(finding).rejects.toThrow('is pending')
    await expect(finding).rejects.toThrow(McdError)
  })

  test('what a zone holds counts in its refusals once it was found', async () => {
    const {provider, time} = stage()
    const wish = {name: NAME, ttlSeconds: 60, proxied: false, members: 201}
    await time.run(() => provider.findZone('example.com'))
    expect(provider.refusals(wish, [])).toHaveLength(1)
  })
})

describe('on the wire', () => {
  const options = (fetch: (url: string, init: RequestInit & {headers: Headers}) => Promise<Response>) => ({
    runtime: new VirtualTime().runtime(),
    apiToken: new Secret('test-token', 'test'),
    fetch: fetch as unknown as typeof globalThis.fetch,
  })
  const zone = {id: '0'.repeat(32), name: 'example.com', account: '', nameServers: []}
  const envelope = (result: unknown) => Response.json({success: true, errors: [], messages: [], result})
  afterEach(() => vi.unstubAllEnvs())

  test('no variable of the environment redirects or re-authenticates a call', async () => {
    vi.stubEnv('CLOUDFLARE_BASE_URL', 'https://evil.example')
    vi.stubEnv('CLOUDFLARE_API_KEY', 'global-key')
    vi.stubEnv('CLOUDFLARE_EMAIL', 'ops@example.com')
    vi.stubEnv('CLOUDFLARE_API_TOKEN', 'another-token')
    vi.stubEnv(
      'CLOUDFLARE_CUSTOM_HEADERS',
      'Authorization: Bearer third-token\nX-Auth-Key: k\nX-Auth-Email: e',
    )
    const seen: {url: string; headers: Record<string, string>}[] = []
    const provider = cloudflareDns(
      options(async (url, {headers}) => {
        seen.push({url, headers: Object.fromEntries(headers)})
        return envelope([])
      }),
    )
    await provider.listMembers(zone, [NAME])
    expect(seen).toHaveLength(1)
    expect(seen[0]?.url).toMatch(/^https:\/\/api\.cloudflare\.com\/client\/v4\/zones\//)
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer test-token',
      'api-version': '2025-01-01',
      'x-stainless-retry-count': '0',
    })
    expect(Object.keys(seen[0]?.headers ?? {}).filter(name => name.startsWith('x-auth'))).toEqual([])
  })

  test('a batch fits what CloudFlare publishes', async () => {
    const bodies: unknown[] = []
    const standing = {
      id: 'a'.repeat(32),
      name: NAME,
      type: 'A',
      content: '192.0.2.9',
      ttl: 60,
      proxied: false,
      comment: comment('i-9'),
    }
    const provider = cloudflareDns(
      options(async (_url, {method, body}) => {
        if (method === 'GET') return envelope([standing])
        bodies.push(JSON.parse(String(body)))
        return envelope({})
      }),
    )
    const create = [
      ours('192.0.2.1'),
      ours('2001:db8::1', 'i-2', {type: 'AAAA'}),
      ours('out i-1', 'i-1', {type: 'TXT'}),
      ours('192.0.2.4', 'i-4', {proxied: true}),
    ]
    await provider.change(zone, {create, remove: [ours('192.0.2.9', 'i-9', {ref: standing.id})]})
    expect(bodies).toHaveLength(1)
    expect(requestFaults('POST', '/zones/{zone_id}/dns_records/batch', bodies[0])).toEqual([])
    expect(bodies[0]).toMatchObject({deletes: [{id: standing.id}], posts: [{}, {}, {}, {}]})
  })

  test('success false is a failure whatever the status', async () => {
    const provider = cloudflareDns(
      options(async () =>
        Response.json({
          success: false,
          errors: [{code: 10000, message: 'Authentication error'}],
          messages: [],
          result: null,
        }),
      ),
    )
    await expect(provider.listMembers(zone, [NAME])).rejects.toThrow(AuthError)
  })

  test('a body that breaks off, or is a page for people, is asked for again', async () => {
    const bodies = [
      '<html>',
      '{"success": true, "res',
      JSON.stringify({success: true, errors: [], messages: [], result: []}),
    ]
    const time = new VirtualTime()
    const provider = cloudflareDns({
      ...options(async () => new Response(bodies.shift(), {headers: {'content-type': 'application/json'}})),
      runtime: time.runtime(),
    })
    const stop = time.attend()
    expect(await provider.listMembers(zone, [NAME])).toEqual([])
    stop()
    expect(bodies).toEqual([])
  })

  test('no more requests are in flight than the fleet file allows', async () => {
    let inFlight = 0
    let most = 0
    const provider = cloudflareDns({
      ...options(async () => {
        most = Math.max(most, ++inFlight)
        await new Promise(resolve => setImmediate(resolve))
        inFlight--
        return envelope([])
      }),
      limits: {concurrency: 2},
    })
    await provider.listMembers(
      zone,
      Array.from({length: 8}, (_, i) => `n${i}.example.com`),
    )
    expect(most).toBe(2)
  })

  test('a record that vanished fails the batch; what is left goes with the next (recorded)', async () => {
    const exchanges = replay('cloudflare/batch-stale')
    const time = new VirtualTime()
    const stop = time.attend()
    const provider = cloudflareDns({runtime: time.runtime(), apiToken: new Secret('test-token', 'test')})
    const recorded = {...zone, id: '023e105f4ecef8ad9ca31a8372d0c353'}
    const remove = [ours('192.0.2.1', 'i-1', {ref: '372e67954025e0ba6aaa6d586b9e0001'})]
    await provider.change(recorded, {create: [ours('192.0.2.3', 'i-3')], remove}).finally(stop)
    exchanges.finish()
  })
})
