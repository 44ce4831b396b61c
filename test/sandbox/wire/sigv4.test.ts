import {ListResourceRecordSetsCommand, Route53Client} from '@aws-sdk/client-route-53'
import {GetCallerIdentityCommand, STSClient} from '@aws-sdk/client-sts'
import {expect, test} from 'vitest'
import type {WireRequest} from '../../../src/sandbox/wire/http.ts'
import {verifySigV4} from '../../../src/sandbox/wire/sigv4.ts'

const KEY = {accessKeyId: 'AKIATEST', secretAccessKey: 'not-a-real-secret'}
const SESSION = {...KEY, sessionToken: 'session/token=='}
const secretOf = (id: string) => (id === KEY.accessKeyId ? {secret: KEY.secretAccessKey} : undefined)
const withSession = () => ({secret: KEY.secretAccessKey, sessionToken: SESSION.sessionToken})

test('accepts the vanilla request of the published test suite', () => {
  const request = wireRequest({
    headers: {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    },
  })
  const published = () => ({secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'})
  expect(verifySigV4(request, published, Date.UTC(2015, 7, 30, 12, 36))).toEqual({
    accessKeyId: 'AKIDEXAMPLE',
    region: 'us-east-1',
    service: 'service',
  })
})

test('accepts what the official SDK signs: bodies, odd paths, queries and session tokens', async () => {
  expect(verifySigV4(await signedPost(KEY), secretOf, Date.now()).service).toBe('sts')
  expect(verifySigV4(await signedGet(KEY), secretOf, Date.now()).service).toBe('route53')
  expect(verifySigV4(await signedGet(SESSION), withSession, Date.now()).service).toBe('route53')
})

test.each([
  ['a changed body', (r: WireRequest) => ({...r, body: Buffer.from('Action=TerminateInstances')})],
  ['a changed query', (r: WireRequest) => ({...r, rawQuery: 'maxitems=1'})],
  ['a changed path', (r: WireRequest) => ({...r, path: '/other'})],
  ['a changed method', (r: WireRequest) => ({...r, method: 'PUT'})],
  [
    'a changed signed header',
    (r: WireRequest) => ({...r, headers: {...r.headers, host: 'elsewhere.example'}}),
  ],
  [
    'an x-amz header added after signing',
    (r: WireRequest) => ({...r, headers: {...r.headers, 'x-amz-target': 'x'}}),
  ],
])('refuses %s', async (_what, tamper) => {
  const request = tamper(await signedPost(KEY))
  expect(() => verifySigV4(request, secretOf, Date.now())).toThrow(
    expect.objectContaining({code: 'SignatureDoesNotMatch', status: 403}),
  )
})

test.each([
  ['no signature at all', async () => wireRequest({}), 'MissingAuthenticationToken'],
  [
    'half a signature',
    async () => wireRequest({headers: {authorization: 'AWS4-HMAC-SHA256 Credential=x'}}),
    'IncompleteSignature',
  ],
  ['an unknown key', async () => signedPost({...KEY, accessKeyId: 'AKIAOTHER'}), 'InvalidClientTokenId'],
  ['a wrong secret', async () => signedPost({...KEY, secretAccessKey: 'guess'}), 'SignatureDoesNotMatch'],
  ['a session token nobody issued', async () => signedPost(SESSION), 'InvalidClientTokenId'],
])('refuses %s', async (_what, make, code) => {
  const request = await make()
  expect(() => verifySigV4(request, secretOf, Date.now())).toThrow(expect.objectContaining({code}))
})

test('refuses role credentials whose session token is absent, other or not signed', async () => {
  const request = await signedGet(SESSION)
  const {'x-amz-security-token': token, ...without} = request.headers
  expect(token).toBe(SESSION.sessionToken)
  expect(() => verifySigV4({...request, headers: without}, withSession, Date.now())).toThrow()
  expect(() =>
    verifySigV4(
      {...request, headers: {...without, 'x-amz-security-token': 'other'}},
      withSession,
      Date.now(),
    ),
  ).toThrow()
  const unsignedToken = {...(await signedGet(KEY))}
  unsignedToken.headers = {...unsignedToken.headers, 'x-amz-security-token': SESSION.sessionToken}
  expect(() => verifySigV4(unsignedToken, withSession, Date.now())).toThrow(
    /not signed: x-amz-security-token/,
  )
})

test('refuses a request older than five minutes, in the words of its service', async () => {
  const later = Date.now() + 6 * 60_000
  const asSts = await signedPost(KEY)
  expect(() => verifySigV4(asSts, secretOf, later)).toThrow(
    expect.objectContaining({code: 'SignatureDoesNotMatch'}),
  )
  const asEc2 = {
    ...asSts,
    headers: {...asSts.headers, authorization: (asSts.headers.authorization ?? '').replace('/sts/', '/ec2/')},
  }
  expect(() => verifySigV4(asEc2, secretOf, later)).toThrow(
    expect.objectContaining({code: 'RequestExpired', status: 400}),
  )
})

type Keys = {accessKeyId: string; secretAccessKey: string; sessionToken?: string}

const signedPost = (credentials: Keys): Promise<WireRequest> =>
  capture(requestHandler =>
    new STSClient({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:9',
      credentials,
      maxAttempts: 1,
      requestHandler,
    }).send(new GetCallerIdentityCommand({})),
  )

const signedGet = (credentials: Keys): Promise<WireRequest> =>
  capture(requestHandler =>
    new Route53Client({
      region: 'us-east-1',
      endpoint: 'http://127.0.0.1:9',
      credentials,
      maxAttempts: 1,
      requestHandler,
    }).send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: 'Z1 ä',
        StartRecordName: '*.exämple.com',
        StartRecordType: 'A',
      }),
    ),
  )

type SdkRequest = {
  method: string
  path: string
  query: Record<string, string>
  headers: Record<string, string>
  body?: string
}
type Handler = {handle(request: SdkRequest): Promise<never>}

/** What the SDK would put on the wire, signed. */
async function capture(send: (requestHandler: never) => Promise<unknown>): Promise<WireRequest> {
  let seen: SdkRequest | undefined
  const handler: Handler = {
    async handle(request) {
      seen = request
      throw new Error('captured')
    },
  }
  await send(handler as never).catch(() => undefined)
  if (!seen) throw new Error('the SDK sent nothing')
  const rawQuery = new URLSearchParams(seen.query).toString().replaceAll('+', '%20')
  return wireRequest({
    method: seen.method,
    path: seen.path,
    rawQuery,
    headers: Object.fromEntries(
      Object.entries(seen.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: Buffer.from(seen.body ?? ''),
  })
}

function wireRequest(some: Partial<WireRequest>): WireRequest {
  const rawQuery = some.rawQuery ?? ''
  return {
    method: 'GET',
    path: '/',
    headers: {},
    body: Buffer.alloc(0),
    remoteAddress: '127.0.0.1',
    ...some,
    rawQuery,
    query: new URLSearchParams(rawQuery),
  }
}
