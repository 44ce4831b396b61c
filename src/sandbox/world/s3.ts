import {createHash} from 'node:crypto'
import type {Principal} from './calls.ts'
import type {Core} from './core.ts'
import {VendorError} from './vendor-error.ts'

/** An object as it lies in its bucket. The ETag is opaque to clients: quoted here as on the wire. */
export type StoredObject = {
  readonly body: Buffer
  readonly etag: string
  readonly modifiedMs: number
  /** As the request asked for, or as the bucket encrypts by itself. */
  readonly encryption: string
  readonly kmsKeyId?: string
}

/** `If-None-Match: *`, or `If-Match: <etag>`. */
export type Precondition = {readonly ifNoneMatch?: string; readonly ifMatch?: string}

export type ObjectPage = {
  readonly objects: readonly {readonly key: string; readonly object: StoredObject}[]
  /** The key after which the next page begins; absent on the last one. */
  readonly next?: string
}

export const S3_ACTIONS = ['CreateBucket', 'DeleteObject', 'GetObject', 'ListObjectsV2', 'PutObject'] as const
type S3Action = (typeof S3_ACTIONS)[number]

const MAX_KEYS = 1_000
const MAX_KEY_BYTES = 1_024

/**
 * S3's general purpose buckets as far as a journal needs them: strongly consistent, with conditional writes. Nothing else of
 * S3 is here, no versions, no multipart. Source: Amazon S3 API Reference, PutObject, GetObject, ListObjectsV2, DeleteObject.
 */
export class S3World {
  readonly #buckets = new Map<string, Map<string, StoredObject>>()
  readonly #core: Core
  /** Stores that only look like S3 take a conditional write and ignore one or both of the conditions. */
  readonly ignoredConditions = new Set<'If-None-Match' | 'If-Match'>()
  /** Whether a bucket is there as soon as somebody names it. */
  makesBuckets = false

  constructor(core: Core) {
    this.#core = core
  }

  createBucket(principal: Principal, bucket: string): void {
    this.#run(principal, 'CreateBucket', effect => {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
        throw new VendorError(400, 'InvalidBucketName', 'The specified bucket is not valid.')
      if (this.#buckets.has(bucket))
        throw new VendorError(
          409,
          'BucketAlreadyOwnedByYou',
          'Your previous request to create the named bucket succeeded and you already own it.',
        )
      this.#buckets.set(bucket, new Map())
      effect(`create bucket ${bucket}`)
    })
  }

  getObject(principal: Principal, bucket: string, key: string): StoredObject {
    return this.#run(principal, 'GetObject', () => {
      const object = this.#bucket(bucket).get(key)
      if (!object) throw noSuchKey()
      return object
    })
  }

  putObject(
    principal: Principal,
    bucket: string,
    key: string,
    body: Buffer,
    {ifNoneMatch, ifMatch}: Precondition,
    {encryption = 'AES256', kmsKeyId}: {encryption?: string; kmsKeyId?: string} = {},
  ): StoredObject {
    return this.#run(principal, 'PutObject', effect => {
      const objects = this.#bucket(bucket)
      if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES)
        throw new VendorError(400, 'KeyTooLongError', 'Your key is too long')
      if (ifNoneMatch !== undefined && ifNoneMatch !== '*')
        throw new VendorError(501, 'NotImplemented', 'If-None-Match takes only * here')
      const standing = objects.get(key)
      if (!this.ignoredConditions.has('If-None-Match')) {
        if (ifNoneMatch !== undefined && standing) throw preconditionFailed('If-None-Match')
      }
      if (!this.ignoredConditions.has('If-Match')) {
        if (ifMatch !== undefined && !standing) throw noSuchKey()
        if (ifMatch !== undefined && standing?.etag !== ifMatch) throw preconditionFailed('If-Match')
      }
      const object: StoredObject = {
        body,
        etag: `"${createHash('md5').update(body).digest('hex')}"`,
        modifiedMs: this.#core.clock.now(),
        encryption,
        ...(kmsKeyId === undefined ? {} : {kmsKeyId}),
      }
      objects.set(key, object)
      effect(`put s3://${bucket}/${key}`)
      return object
    })
  }

  deleteObject(principal: Principal, bucket: string, key: string): void {
    this.#run(principal, 'DeleteObject', effect => {
      // An absent key is deleted as well.
      if (this.#bucket(bucket).delete(key)) effect(`delete s3://${bucket}/${key}`)
    })
  }

  /** In the order of their keys' bytes. */
  listObjects(
    principal: Principal,
    bucket: string,
    {prefix = '', after = '', maxKeys = MAX_KEYS}: {prefix?: string; after?: string; maxKeys?: number},
  ): ObjectPage {
    return this.#run(principal, 'ListObjectsV2', () => {
      const found = [...this.#bucket(bucket)]
        .map(([key, object]) => ({key, object}))
        .filter(({key}) => key.startsWith(prefix) && compareBytes(key, after) > 0)
        .sort((a, b) => compareBytes(a.key, b.key))
      const objects = found.slice(0, Math.min(maxKeys, MAX_KEYS))
      const next = found.length > objects.length ? objects.at(-1)?.key : undefined
      return {objects, ...(next === undefined ? {} : {next})}
    })
  }

  #bucket(name: string): Map<string, StoredObject> {
    const bucket = this.#buckets.get(name)
    if (!bucket && this.makesBuckets) {
      const made = new Map<string, StoredObject>()
      this.#buckets.set(name, made)
      return made
    }
    if (!bucket) throw new VendorError(404, 'NoSuchBucket', 'The specified bucket does not exist')
    return bucket
  }

  #run<T>(principal: Principal, action: S3Action, serve: (effect: (text: string) => void) => T): T {
    return this.#core.calls.run({service: 's3', action, principal}, effect => {
      // Instances have no business in the bucket that holds the state.
      if (principal.name !== 'operator') throw new VendorError(403, 'AccessDenied', 'Access Denied')
      return serve(effect)
    })
  }
}

const noSuchKey = () => new VendorError(404, 'NoSuchKey', 'The specified key does not exist.')

const preconditionFailed = (condition: string) =>
  new VendorError(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    {
      detail: {Condition: condition},
    },
  )

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
