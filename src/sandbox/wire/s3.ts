import {randomUUID} from 'node:crypto'
import type {AwsCaller} from '../world/ec2/model.ts'
import type {Precondition, StoredObject} from '../world/s3.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import type {WireReply, WireRequest} from './http.ts'
import {toXml, type XmlValue} from './xml.ts'

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/**
 * S3 in its REST and XML protocol, path style (`/bucket/key`): what a journal needs of it.
 * Source: Amazon S3 API Reference.
 */
export function serveS3(world: World, {principal}: AwsCaller, request: WireRequest): WireReply {
  try {
    const {s3} = world
    const [, bucket = '', path = ''] = /^\/([^/]*)\/?(.*)$/s.exec(request.path) ?? []
    const key = decodeURIComponent(path)
    if (key === '') {
      if (request.method === 'PUT') {
        s3.createBucket(principal, bucket)
        return {status: 200, headers: {location: `/${bucket}`}}
      }
      if (request.method === 'GET' && request.query.get('list-type') === '2')
        return listing(world, principal, bucket, request.query)
      throw notImplemented(request)
    }
    switch (request.method) {
      case 'GET':
      case 'HEAD': {
        const object = s3.getObject(principal, bucket, key)
        return {status: 200, headers: headersOf(object), body: object.body}
      }
      case 'PUT':
        return {
          status: 200,
          headers: headersOf(
            s3.putObject(
              principal,
              bucket,
              key,
              request.body,
              preconditionOf(request.headers),
              encryptionOf(request.headers),
            ),
          ),
        }
      case 'DELETE':
        s3.deleteObject(principal, bucket, key)
        return {status: 204}
      default:
        throw notImplemented(request)
    }
  } catch (error) {
    return s3Refusal(error)
  }
}

export function s3Refusal(error: unknown): WireReply {
  const {status, code, message, detail} =
    error instanceof VendorError
      ? error
      : new VendorError(500, 'InternalError', 'We encountered an internal error. Please try again.')
  const told = {
    Code: code,
    Message: message,
    ...(detail as Record<string, XmlValue>),
    RequestId: randomUUID(),
  }
  // S3's errors alone carry no namespace.
  return {status, headers: {'content-type': 'application/xml'}, body: toXml('Error', told)}
}

function listing(
  {s3}: World,
  principal: AwsCaller['principal'],
  bucket: string,
  query: URLSearchParams,
): WireReply {
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const startAfter = query.get('start-after') ?? ''
  const maxKeys = Number(query.get('max-keys') ?? 1_000)
  if (!Number.isInteger(maxKeys) || maxKeys < 0)
    throw new VendorError(400, 'InvalidArgument', 'Provided max-keys not an integer or within integer range')
  const after = token === null ? startAfter : Buffer.from(token, 'base64url').toString()
  const {objects, next} = s3.listObjects(principal, bucket, {prefix, after, maxKeys})
  const shown = (text: string) => (query.get('encoding-type') === 'url' ? encodeURIComponent(text) : text)
  const body = toXml(
    'ListBucketResult',
    {
      Name: bucket,
      Prefix: shown(prefix),
      StartAfter: startAfter === '' ? undefined : shown(startAfter),
      KeyCount: objects.length,
      MaxKeys: maxKeys,
      EncodingType: query.get('encoding-type') ?? undefined,
      IsTruncated: next !== undefined,
      NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString('base64url'),
      Contents: objects.map(({key, object}) => ({
        Key: shown(key),
        LastModified: new Date(object.modifiedMs).toISOString(),
        ETag: object.etag,
        Size: object.body.length,
        StorageClass: 'STANDARD',
      })),
    },
    NAMESPACE,
  )
  return {status: 200, headers: {'content-type': 'application/xml'}, body}
}

const preconditionOf = (headers: WireRequest['headers']): Precondition => ({
  ...(headers['if-none-match'] === undefined ? {} : {ifNoneMatch: headers['if-none-match']}),
  ...(headers['if-match'] === undefined ? {} : {ifMatch: headers['if-match']}),
})

function encryptionOf(headers: WireRequest['headers']): {encryption?: string; kmsKeyId?: string} {
  const encryption = headers['x-amz-server-side-encryption']
  const kmsKeyId = headers['x-amz-server-side-encryption-aws-kms-key-id']
  return {
    ...(encryption === undefined ? {} : {encryption}),
    ...(kmsKeyId === undefined ? {} : {kmsKeyId}),
  }
}

const headersOf = ({etag, modifiedMs, encryption, kmsKeyId}: StoredObject): Record<string, string> => ({
  etag,
  'last-modified': new Date(modifiedMs).toUTCString(),
  'x-amz-server-side-encryption': encryption,
  ...(kmsKeyId === undefined ? {} : {'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyId}),
})

const notImplemented = ({method, path}: WireRequest) =>
  new VendorError(
    501,
    'NotImplemented',
    `The sandbox's S3 has no ${method} ${path}: it creates buckets, and puts, gets, lists and deletes objects.`,
  )
