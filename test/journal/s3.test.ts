import {afterAll, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import {UnreachableError} from '../../src/errors.ts'
import type {NewEvent} from '../../src/journal/journal.ts'
import {LostAppendError} from '../../src/journal/journal.ts'
import {objectJournal} from '../../src/journal/objects.ts'
import {type S3Options, s3Objects} from '../../src/providers/s3/store.ts'
import {realRuntime} from '../../src/runtime.ts'
import {awsWire} from '../../src/sandbox/wire/aws.ts'
import {listen, type WireReply, type WireRequest} from '../../src/sandbox/wire/http.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../src/sandbox/world/world.ts'
import {describeJournal} from '../contract/journal.ts'

const BUCKET = 'states'
const OPERATOR = {name: 'operator'}

let world: World
let served: Awaited<ReturnType<typeof listen>>
/** What the network does to a reply on its way back. */
let onTheWay: (request: WireRequest, reply: WireReply) => WireReply

beforeAll(async () => {
  served = await listen(request => onTheWay(request, awsWire(world)(request)))
})
afterAll(() => served.close())
beforeEach(() => freshWorld())

function freshWorld(): void {
  world = createWorld({clock: realClock, random: Math.random, hypervisor: idleHypervisor()})
  world.s3.createBucket(OPERATOR, BUCKET)
  onTheWay = (_, reply) => reply
}

/** Waits of the calls' patience pass at once. */
const impatient = {...realRuntime(), sleep: (_ms: number, cancel?: AbortSignal) => untilCancelled(cancel)}
const untilCancelled = (cancel?: AbortSignal) =>
  cancel
    ? new Promise<void>((_, reject) =>
        cancel.addEventListener('abort', () => reject(cancel.reason), {once: true}),
      )
    : Promise.resolve()

const store = (over: Partial<S3Options> = {}) =>
  s3Objects({
    bucket: BUCKET,
    prefix: 'team/web',
    endpoint: served.url,
    credentials: SANDBOX.aws.operator,
    runtime: impatient,
    ...over,
  })

const finished = (exit: number): NewEvent => ({
  atMs: exit,
  run: 'run-1',
  event: {type: 'run-finished', exit, converged: true},
})

describeJournal('s3, over the wire', async () => {
  freshWorld()
  return {open: () => objectJournal(store()), close: async () => {}}
})

const isPut = ({method, path}: WireRequest) => method === 'PUT' && path.includes('/events/')
const broken: WireReply = {
  status: 500,
  headers: {'content-type': 'application/xml'},
  body: '<Error><Code>InternalError</Code></Error>',
}

describe('a journal in S3', () => {
  test('an append whose reply was lost is written once, and is known as its own', async () => {
    const journal = await objectJournal(store())
    let lost = 0
    onTheWay = (request, reply) => (isPut(request) && lost++ === 0 ? broken : reply)
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(lost).toBe(2)
    expect((await journal.read()).map(({sequence}) => sequence)).toEqual([1])
  })

  test('a request that did not get through to S3 in time is sent again, though it answers with 400', async () => {
    const journal = await objectJournal(store())
    const late = broken.body?.toString().replace('InternalError', 'RequestTimeout') ?? ''
    let sent = 0
    onTheWay = (request, reply) =>
      isPut(request) && sent++ === 0 ? {...broken, status: 400, body: late} : reply
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(sent).toBe(2)
  })

  test('a write that meets another one under way is tried again', async () => {
    const journal = await objectJournal(store())
    let met = 0
    const conflict = broken.body?.toString().replace('InternalError', 'ConditionalRequestConflict') ?? ''
    const wire = awsWire(world)
    const busy = await listen(request =>
      isPut(request) && met++ === 0 ? {...broken, status: 409, body: conflict} : wire(request),
    )
    const other = await objectJournal(store({endpoint: busy.url}))
    expect(await other.append(1, [finished(1)])).toBe(2)
    await busy.close()
    await expect(journal.append(1, [finished(2)])).rejects.toThrow(LostAppendError)
  })

  test.each(['If-None-Match', 'If-Match'] as const)(
    'a store that ignores %s is refused at its first use, and at every other one',
    async header => {
      world.s3.ignoredConditions.add(header)
      const refusal = new RegExp(`ignores conditional writes.*${header}`)
      await expect(objectJournal(store())).rejects.toThrow(refusal)
      await expect(objectJournal(store())).rejects.toThrow(refusal)
      world.s3.ignoredConditions.clear()
      await expect(objectJournal(store())).resolves.toBeDefined()
    },
  )

  test('one that goes on answering that another write is under way is given up as busy, not as taken', async () => {
    const journal = await objectJournal(store())
    const conflict = broken.body?.toString().replace('InternalError', 'ConditionalRequestConflict') ?? ''
    let met = 0
    onTheWay = (request, reply) => {
      if (!isPut(request)) return reply
      met++
      world.s3.deleteObject(OPERATOR, BUCKET, request.path.slice(`/${BUCKET}/`.length))
      return {...broken, status: 409, body: conflict}
    }
    await expect(journal.append(1, [finished(1)])).rejects.toThrow(UnreachableError)
    expect(met).toBeGreaterThan(3)
    onTheWay = (_, reply) => reply
    expect(await journal.append(1, [finished(1)])).toBe(2)
  })

  test('reading leaves nothing behind, and an absent journal reads as an empty one', async () => {
    const journal = await objectJournal(store(), {readOnly: true})
    expect(await journal.read()).toEqual([])
    await expect(journal.append(1, [finished(1)])).rejects.toThrow(/read only/)
    expect(await store().list('')).toEqual([])
  })

  test('what is no journal is named', async () => {
    await objectJournal(store())
    await store().create('events/000000000001.json', '<html>')
    const journal = await objectJournal(store())
    await expect(journal.read()).rejects.toThrow(/events\/000000000001\.json is not what mcd wrote/)
  })

  test('who may list this prefix alone is denied what is not there, and goes by the listing', async () => {
    onTheWay = (_, reply) =>
      reply.status === 404
        ? {...broken, status: 403, body: '<Error><Code>AccessDenied</Code></Error>'}
        : reply
    const journal = await objectJournal(store())
    expect(await journal.append(1, [finished(1)])).toBe(2)
    expect(await journal.loadSnapshot(1)).toBeUndefined()
    onTheWay = (request, reply) =>
      request.method === 'GET' && request.path.includes('/events/')
        ? {...broken, status: 403, body: '<Error><Code>AccessDenied</Code></Error>'}
        : reply
    await expect(journal.read()).rejects.toThrow(/AccessDenied/)
  })

  test('one of a newer format is refused, by readers and by writers', async () => {
    await store().create('format.json', '{"format": 2}')
    await expect(objectJournal(store())).rejects.toThrow(/newer mcd/)
    await expect(objectJournal(store(), {readOnly: true})).rejects.toThrow(/newer mcd/)
  })

  test("it knows how far its store's clock is ahead of a machine's that is four minutes behind", async () => {
    const behindMs = Date.now() - 240_000
    const behind = await objectJournal(store({runtime: {...impatient, now: () => behindMs}}))
    expect(behind.clockAheadMs).toBeGreaterThan(238_000)
    expect((await objectJournal(store())).clockAheadMs).toBe(0)
  })

  test('a gap that somebody tore into it is named, not read over', async () => {
    const journal = await objectJournal(store())
    for (const sequence of [1, 2, 3]) await journal.append(sequence, [finished(sequence)])
    world.s3.deleteObject(OPERATOR, BUCKET, 'team/web/events/000000000002.json')
    await expect(journal.read()).rejects.toThrow(/gap: event 1 is followed by event 3/)
  })

  test('one whose beginning is gone is no empty one', async () => {
    const journal = await objectJournal(store())
    for (const sequence of [1, 2, 3]) await journal.append(sequence, [finished(sequence)])
    world.s3.deleteObject(OPERATOR, BUCKET, 'team/web/events/000000000001.json')
    await expect(journal.read()).rejects.toThrow(/gap: event 0 is followed by event 2/)
    await expect(journal.read(1)).resolves.toHaveLength(2)
  })

  test('one whose end is gone is not taken for a shorter one', async () => {
    const journal = await objectJournal(store())
    for (const sequence of [1, 2, 3]) await journal.append(sequence, [finished(sequence)])
    world.s3.deleteObject(OPERATOR, BUCKET, 'team/web/events/000000000003.json')
    await expect(journal.read(3)).rejects.toThrow(/ends with event 2, and event 3 was read/)
    const later = await objectJournal(store())
    await expect(later.read(3)).rejects.toThrow(/ends with event 2/)
  })

  test('what others keep below its prefix is none of it: the journal of a fleet named "events" one level down', async () => {
    const journal = await objectJournal(store())
    await journal.append(1, [finished(1)])
    const nested = await objectJournal(store({prefix: 'team/web/events'}))
    await nested.append(1, [finished(2)])
    await store().create('events/notes.txt', 'of somebody')
    expect((await journal.read()).map(({sequence}) => sequence)).toEqual([1])
    expect(await journal.append(2, [finished(3)])).toBe(3)
    const later = await objectJournal(store())
    expect((await later.read(2)).length).toBe(0)
  })

  test('more than a page of objects is listed whole', async () => {
    const keys = Array.from(
      {length: 1_100},
      (_, index) => `events/${String(index + 1).padStart(12, '0')}.json`,
    )
    for (const key of keys) world.s3.putObject(OPERATOR, BUCKET, `team/web/${key}`, Buffer.from('{}'), {})
    expect(await store().list('events/')).toEqual(keys)
  })

  test('a batch is read on from its middle', async () => {
    const journal = await objectJournal(store())
    await journal.append(1, [1, 2, 3].map(finished))
    await journal.append(4, [finished(4)])
    expect((await journal.read(2)).map(({sequence}) => sequence)).toEqual([3, 4])
  })

  test('it is encrypted as its place asks for', async () => {
    const encryption = {kind: 'aws:kms', kmsKeyId: 'alias/states'} as const
    const journal = await objectJournal(store({encryption}))
    await journal.append(1, [finished(1)])
    const {objects} = world.s3.listObjects(OPERATOR, BUCKET, {})
    expect(objects.map(({object: {encryption, kmsKeyId}}) => [encryption, kmsKeyId])).toEqual(
      objects.map(() => ['aws:kms', 'alias/states']),
    )
  })

  test('a store that encrypts otherwise than its place asks for is refused', async () => {
    onTheWay = (_, reply) => ({
      ...reply,
      headers: {...reply.headers, 'x-amz-server-side-encryption': 'AES256'},
    })
    const encryption = {kind: 'aws:kms'} as const
    await expect(objectJournal(store({encryption}))).rejects.toThrow(/asks for aws:kms.*AES256/)
  })

  test('what a bucket with an object lock asks for is sent to AWS, and not to stores that only look like S3', async () => {
    const headers: (readonly string[])[] = []
    onTheWay = (request, reply) => {
      if (request.method === 'PUT') headers.push(Object.keys(request.headers))
      return reply
    }
    const {endpoint: _, ...amazon} = {bucket: BUCKET, prefix: 'locked', runtime: impatient, endpoint: ''}
    vi.stubEnv('AWS_ENDPOINT_URL_S3', served.url)
    const keys = {region: 'us-east-1', credentials: SANDBOX.aws.operator}
    await s3Objects({...amazon, ...keys}).create('a', 'text')
    vi.unstubAllEnvs()
    await store().create('b', 'text')
    expect(headers.map(names => names.includes('x-amz-checksum-crc32'))).toEqual([true, false])
  })

  test.each(['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'])(
    'a store that %s names is asked as the AWS CLI asks it: the bucket stands in the path, not before the host',
    async variable => {
      const asked: string[] = []
      onTheWay = ({headers, path}, reply) => {
        asked.push(`${headers.host?.replace(/:\d+$/, '')}${path}`)
        return reply
      }
      vi.stubEnv(variable, served.url.replace('127.0.0.1', 'localhost'))
      const {operator: credentials} = SANDBOX.aws
      const place = {bucket: BUCKET, prefix: '', region: 'us-east-1', credentials, runtime: impatient}
      await s3Objects(place).create('a', 'text')
      vi.unstubAllEnvs()
      expect(asked).toEqual([`localhost/${BUCKET}/a`])
    },
  )

  test.each<[string, Partial<S3Options>, RegExp]>([
    ['a bucket that is not there', {bucket: 'other'}, /bucket other does not exist/],
    [
      'keys that nobody knows',
      {credentials: {accessKeyId: 'AKIANOBODY', secretAccessKey: 'x'}},
      /InvalidAccessKeyId/,
    ],
    ['keys that may not', {credentials: SANDBOX.aws.instances}, /AccessDenied/],
  ])('%s is explained', async (_, over: Partial<S3Options>, words: RegExp) => {
    await expect(objectJournal(store(over))).rejects.toThrow(words)
  })

  /** As Amazon S3 words them: API Reference, "Error responses". */
  test.each<[string, number, string, RegExp, RegExp]>([
    [
      'a bucket in another region',
      301,
      '<Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint.</Message>',
      /lives in another region, in eu-west-1/,
      /region=eu-west-1/,
    ],
    [
      'a signature for another region',
      400,
      "<Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message><Region>eu-west-1</Region>",
      /lives in another region, in eu-west-1/,
      /region=eu-west-1/,
    ],
    [
      'a clock that is off',
      403,
      '<Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message>',
      /refused the time of/,
      /clock/,
    ],
    [
      'a session that is over',
      400,
      '<Code>ExpiredToken</Code><Message>The provided token has expired.</Message>',
      /refused the credentials.*expired/,
      /sign in/i,
    ],
    [
      'a key that may not be used',
      403,
      '<Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/ci is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:1:key/1</Message>',
      /kms:GenerateDataKey/,
      /kms:GenerateDataKey and kms:Decrypt/,
    ],
    [
      'a store without conditional writes',
      501,
      '<Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented.</Message>',
      /does not know conditional writes/,
      /honours If-None-Match/,
    ],
  ])('%s is explained, with what to do', async (_, status, error, words, remedy) => {
    onTheWay = request =>
      request.method === 'PUT'
        ? {
            status,
            headers: {'content-type': 'application/xml', 'x-amz-bucket-region': 'eu-west-1'},
            body: `<Error>${error}</Error>`,
          }
        : {
            status: 404,
            headers: {'content-type': 'application/xml'},
            body: '<Error><Code>NoSuchKey</Code></Error>',
          }
    const refusal = await objectJournal(store()).catch((thrown: unknown) => thrown)
    expect(refusal).toMatchObject({
      message: expect.stringMatching(words),
      suggestions: expect.arrayContaining([expect.stringMatching(remedy)]),
    })
  })

  test('a bucket without any region is asked for one', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere')
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_DEFAULT_REGION', undefined)
    const {bucket, prefix, runtime, credentials} = {
      bucket: BUCKET,
      prefix: '',
      runtime: impatient,
      credentials: SANDBOX.aws.operator,
    }
    await expect(s3Objects({bucket, prefix, runtime, credentials}).get('a')).rejects.toThrow(/No region/)
    vi.unstubAllEnvs()
  })
})
