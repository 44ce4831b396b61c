import {McdError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import {createCaller} from '../call.ts'
import type {ClockReading, ObjectStore} from '../objects.ts'
import {AccessDenied, classify, NoSuchKey, PreconditionFailed, WriteConflict} from './classify.ts'

export type S3Location = {
  readonly bucket: string
  /** Without slashes at its ends; '' is the bucket itself. */
  readonly prefix: string
  /** Else the SDK's own: AWS_REGION, the profile. */
  readonly region?: string
  /** Of an S3-compatible store. */
  readonly endpoint?: string
  /** Else what the bucket does by itself. */
  readonly encryption?: {readonly kind: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string}
}

export type S3Options = S3Location & {
  readonly runtime: Runtime
  readonly credentials?: {readonly accessKeyId: string; readonly secretAccessKey: string}
}

/** A journal is small objects: a call that takes longer than this hangs. */
const TIMEOUT_MS = 10_000
/** A Date header counts whole ones. */
const HALF_A_SECOND_MS = 500

type Answered = (date: string, askedAtMs: number) => void

/**
 * Objects under one prefix of a bucket, written conditionally. Source: Amazon S3 User Guide, "How to prevent object overwrites
 * with conditional writes".
 */
export function s3Objects(options: S3Options): ObjectStore {
  const {bucket, prefix, runtime, encryption} = options
  const call = createCaller(runtime, 'S3')
  const root = prefix === '' ? '' : `${prefix}/`
  let loading: ReturnType<typeof load> | undefined
  let clock: ClockReading | undefined
  const answered: Answered = (date, askedAtMs) => {
    const reading = {askedAtMs, answeredAtMs: runtime.now(), theirsMs: Date.parse(date) + HALF_A_SECOND_MS}
    if (!Number.isNaN(reading.theirsMs) && (!clock || tookMs(reading) < tookMs(clock))) clock = reading
  }
  type Sdk = Awaited<ReturnType<typeof load>>
  const send = <T>(name: string, request: (sdk: Sdk, signal: AbortSignal) => Promise<T>): Promise<T> =>
    call({name, timeoutMs: TIMEOUT_MS}, async signal => {
      try {
        loading ??= load(options, answered)
        return await request(await loading, signal)
      } catch (error) {
        throw classify(name, bucket, error)
      }
    })
  const put = (key: string, text: string, condition: {IfNoneMatch: '*'} | {IfMatch: string}) =>
    send('PutObject', async ({sdk, api}, abortSignal) => {
      const {ServerSideEncryption: came} = await api.send(
        new sdk.PutObjectCommand({
          Bucket: bucket,
          Key: `${root}${key}`,
          Body: text,
          ContentType: 'application/json',
          ...condition,
          ...(encryption && {ServerSideEncryption: encryption.kind}),
          ...(encryption?.kmsKeyId !== undefined && {SSEKMSKeyId: encryption.kmsKeyId}),
        }),
        {abortSignal},
      )
      if (encryption && came !== encryption.kind) throw encryptedOtherwise(bucket, encryption.kind, came)
    })

  async function list(wanted: string, after?: string): Promise<string[]> {
    const keys: string[] = []
    let token: string | undefined
    do {
      const page = await send('ListObjectsV2', ({sdk, api}, abortSignal) =>
        api.send(
          new sdk.ListObjectsV2Command({
            Bucket: bucket,
            Prefix: `${root}${wanted}`,
            ...(after === undefined ? {} : {StartAfter: `${root}${after}`}),
            ...(token === undefined ? {} : {ContinuationToken: token}),
          }),
          {abortSignal},
        ),
      )
      for (const {Key = ''} of page.Contents ?? []) keys.push(Key.slice(root.length))
      token = page.NextContinuationToken
    } while (token !== undefined)
    return keys
  }

  return {
    name: `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`,
    readClock: () => clock,
    async get(key) {
      try {
        return await send('GetObject', async ({sdk, api}, abortSignal) => {
          const input = {Bucket: bucket, Key: `${root}${key}`}
          const {Body, ETag} = await api.send(new sdk.GetObjectCommand(input), {abortSignal})
          return {text: (await Body?.transformToString()) ?? '', version: ETag ?? ''}
        })
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined
        // Who may list this prefix alone is denied what is not there; the listing tells.
        if (error instanceof AccessDenied && !(await list(key)).includes(key)) return undefined
        throw error
      }
    },
    list,
    async create(key, text) {
      try {
        await put(key, text, {IfNoneMatch: '*'})
        return 'created'
      } catch (error) {
        if (error instanceof PreconditionFailed) return 'exists'
        throw error
      }
    },
    async replace(key, text, version) {
      try {
        await put(key, text, {IfMatch: version})
        return 'replaced'
      } catch (error) {
        // After a conflict the version must be read anew, whoever won.
        const isAnother = [PreconditionFailed, NoSuchKey].some(kind => error instanceof kind)
        if (isAnother || (error as Error).cause instanceof WriteConflict) return 'changed'
        throw error
      }
    },
  }
}

const tookMs = ({askedAtMs, answeredAtMs}: ClockReading): number => answeredAtMs - askedAtMs

const encryptedOtherwise = (bucket: string, wanted: string, came: string | undefined): McdError =>
  new McdError(
    `"state" asks for ${wanted}, and the store behind ${bucket} encrypts with ${came ?? 'nothing'}: it ignores what it was asked.`,
    {suggestions: ['Take "encryption" out of "state", or keep the state in a store that honours it.']},
  )

/** Imported here and not at the top: most fleets keep their state beside the fleet file. */
async function load({region, endpoint, credentials, runtime}: S3Options, answered: Answered) {
  const [sdk, {fromNodeProviderChain}] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/credential-providers'),
  ])
  const {AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL} = process.env
  const api = new sdk.S3Client({
    // Retries and their pacing are mcd's own, in providers/call.ts.
    maxAttempts: 1,
    credentials: credentials ?? fromNodeProviderChain({}),
    ...(region === undefined ? {} : {region}),
    // S3-compatible stores have no names for their buckets: nor do those that the environment names, where the AWS CLI asks so.
    forcePathStyle: [endpoint, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL].some(Boolean),
    // They know neither AWS's checksums nor its regions. AWS itself takes no object without a checksum into a bucket with an
    // object lock.
    ...(endpoint === undefined
      ? {}
      : {
          endpoint,
          region: region ?? 'us-east-1',
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }),
  })
  // Next to the wire: an answer that something is not there has a date, too.
  api.middlewareStack.add(
    next => async args => {
      const askedAtMs = runtime.now()
      const result = await next(args)
      answered(String((result.response as {headers?: {date?: string}}).headers?.date), askedAtMs)
      return result
    },
    {step: 'deserialize', priority: 'low'},
  )
  return {sdk, api}
}
