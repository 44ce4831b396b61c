import {randomBytes} from 'node:crypto'
import type {Ec2Instance} from '../world/ec2/model.ts'
import type {World} from '../world/world.ts'
import type {Wire, WireReply, WireRequest} from './http.ts'
import {metadataTree} from './metadata/tree.ts'

/** EC2's longest token life: six hours. */
const MAX_TTL_SECONDS = 21_600
const TOKEN_PATH = '/latest/api/token'

/**
 * What instances ask about themselves, each below its own path (decision 36): `/<instance id>/latest/…` as on EC2's link-local
 * address, IMDSv2 enforced as the launch set it, and `/<machine id>/mdata/<key>` behind Triton's mdata-get.
 * Source: Amazon EC2 User Guide, "Access instance metadata".
 */
export function metadataWire(world: World): Wire {
  const tokens = tokenBook(world.clock.now)
  return request => {
    const [, id = '', rest = '/'] = /^\/([^/]+)(\/.*)?$/.exec(request.path) ?? []
    if (world.triton.machine(id)) return tritonReply(world, id, rest, request)
    const instance = world.ec2.instance(id)
    return instance ? ec2Reply(world, tokens, instance, rest, request) : text(404, 'no such instance\n')
  }
}

function tritonReply(world: World, id: string, path: string, {method}: WireRequest): WireReply {
  const [, key] = /^\/mdata\/(.*)$/.exec(path) ?? []
  if (method !== 'GET' || key === undefined) return text(404, '')
  if (key === '') return text(200, world.triton.guestMetadataKeys(id).join('\n'))
  const value = world.triton.guestMetadata(id, decode(key))
  return value === undefined ? text(404, '') : text(200, value)
}

function ec2Reply(
  world: World,
  tokens: TokenBook,
  instance: Ec2Instance,
  path: string,
  request: WireRequest,
): WireReply {
  // Eucalyptus: version 1 of the service, which knows no tokens.
  const {httpEndpoint, httpTokens} = instance.metadata ?? {httpEndpoint: 'enabled', httpTokens: 'optional'}
  if (httpEndpoint === 'disabled') return text(403, '')
  if (request.method === 'PUT')
    return instance.metadata ? issueToken(tokens, instance.id, path, request) : text(404, '')
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, '')

  const token = request.headers['x-aws-ec2-metadata-token']
  if (token === undefined ? httpTokens === 'required' : !tokens.isValid(token, instance.id))
    return text(401, '')
  const value = lookUp(metadataTree(world, instance), path)
  return value === undefined ? text(404, '') : text(200, value)
}

function issueToken(tokens: TokenBook, instanceId: string, path: string, {headers}: WireRequest): WireReply {
  // A proxy in front of the instance must not be able to fetch tokens.
  if (path !== TOKEN_PATH || headers['x-forwarded-for'] !== undefined) return text(403, '')
  const ttl = headers['x-aws-ec2-metadata-token-ttl-seconds'] ?? ''
  const ttlSeconds = /^\d{1,5}$/.test(ttl) ? Number(ttl) : 0
  if (ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) return text(400, '')
  const reply = text(200, tokens.issue(instanceId, ttlSeconds))
  return {...reply, headers: {...reply.headers, 'x-aws-ec2-metadata-token-ttl-seconds': ttl}}
}

/** A value, or the names below a folder, one a line, folders with a final slash. */
function lookUp(
  tree: ReadonlyMap<string, string | Uint8Array>,
  path: string,
): string | Uint8Array | undefined {
  const [, below] = /^\/(?:latest|1\.0|\d{4}-\d\d-\d\d)\/(.*)$/.exec(path) ?? []
  if (below === undefined) return undefined
  const wanted = below.split('/').map(decode).join('/')
  const value = tree.get(wanted)
  if (value !== undefined) return value
  const folder = wanted === '' || wanted.endsWith('/') ? wanted : `${wanted}/`
  const names = [...tree.keys()]
    .filter(name => name.startsWith(folder))
    .map(name => name.slice(folder.length).replace(/\/.*$/, '/'))
  return names.length === 0 ? undefined : [...new Set(names)].sort().join('\n')
}

type TokenBook = {
  issue(instanceId: string, ttlSeconds: number): string
  isValid(token: string, instanceId: string): boolean
}

/** Tokens live here and nowhere else; one instance's token is worth nothing to another. */
function tokenBook(now: () => number): TokenBook {
  const tokens = new Map<string, {instanceId: string; expiresAtMs: number}>()
  return {
    issue(instanceId, ttlSeconds) {
      for (const [token, {expiresAtMs}] of tokens) if (expiresAtMs <= now()) tokens.delete(token)
      const token = randomBytes(40).toString('base64url')
      tokens.set(token, {instanceId, expiresAtMs: now() + ttlSeconds * 1000})
      return token
    },
    isValid(token, instanceId) {
      const known = tokens.get(token)
      return known?.instanceId === instanceId && known.expiresAtMs > now()
    },
  }
}

function text(status: number, body: string | Uint8Array): WireReply {
  return {
    status,
    headers: {'content-type': 'text/plain', server: 'EC2ws'},
    body: typeof body === 'string' ? body : Buffer.from(body),
  }
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component)
  } catch {
    return component
  }
}
