import {BlockList, isIP} from 'node:net'
import {type Content, isObject, type RecordType, recordContent, recordType} from './content.ts'
import {fullName} from './names.ts'
import {MAX_TTL_SECONDS, type PlanLimits} from './plan.ts'
import {
  invalidBody,
  invalidComment,
  invalidTtl,
  notProxiable,
  targetNotAllowed,
  tooManyTags,
} from './refusals.ts'

/** What a client says of a record, checked and in CloudFlare's own form. */
export type RecordFields = Content & {
  readonly name: string
  readonly type: RecordType
  /** Seconds; 1 is automatic. */
  readonly ttl: number
  readonly proxied: boolean
  readonly comment: string | null
  readonly settings: Readonly<Record<string, boolean>>
}

export type CloudflareRecord = RecordFields & {
  /** 32 hex digits. */
  readonly id: string
  readonly createdOnMs: number
  readonly modifiedOnMs: number
  readonly commentModifiedOnMs?: number
}

export const AUTOMATIC_TTL = 1
/** What "automatic" means at the edge. */
export const AUTOMATIC_TTL_SECONDS = 300

/** Checks a whole record as `POST` and `PUT` send it. Throws the refusal the service would answer. */
export function recordFields(input: unknown, zone: string, plan: PlanLimits): RecordFields {
  if (!isObject(input)) throw invalidBody('a record is an object')
  const type = recordType(input.type)
  const name = fullName(input.name, zone)
  const content = recordContent(type, name, input)
  checkTags(input.tags)
  const proxied = checkProxied(input.proxied ?? false, type, content.content)
  return {
    type,
    name,
    ...content,
    ttl: checkTtl(input.ttl, proxied, plan),
    proxied,
    comment: checkComment(input.comment, plan),
    settings: checkSettings(input.settings),
  }
}

/** A record as the body that would make it again: what `PATCH` merges its fields into. */
export function asInput({
  type,
  name,
  content,
  data,
  priority,
  ttl,
  proxied,
  comment,
  settings,
}: RecordFields) {
  return {
    type,
    name,
    content,
    ttl,
    proxied,
    comment,
    settings,
    ...(data && {data}),
    ...(priority !== undefined && {priority}),
  }
}

export function isProxiable(type: RecordType, content: string): boolean {
  return type === 'CNAME' || ((type === 'A' || type === 'AAAA') && !isPrivate(content))
}

function checkProxied(proxied: unknown, type: RecordType, content: string): boolean {
  if (typeof proxied !== 'boolean') throw invalidBody('"proxied" must be true or false')
  if (!proxied || isProxiable(type, content)) return proxied
  throw type === 'A' || type === 'AAAA' ? targetNotAllowed(content) : notProxiable()
}

/** A proxied record is automatic whatever was asked. */
function checkTtl(ttl: unknown, proxied: boolean, {minTtlSeconds}: PlanLimits): number {
  const valid =
    Number.isInteger(ttl) &&
    (ttl === AUTOMATIC_TTL || ((ttl as number) >= minTtlSeconds && (ttl as number) <= MAX_TTL_SECONDS))
  if (!valid) throw invalidTtl(minTtlSeconds)
  return proxied ? AUTOMATIC_TTL : (ttl as number)
}

function checkComment(comment: unknown, {commentMaxChars}: PlanLimits): string | null {
  if (comment === undefined || comment === null || comment === '') return null
  if (typeof comment !== 'string') throw invalidComment('must be text')
  if (/[\r\n]/.test(comment)) throw invalidComment('must be one line')
  if (comment.length > commentMaxChars) {
    throw invalidComment(`has ${comment.length} characters, exceeding the limit of ${commentMaxChars}`)
  }
  return comment
}

/** No plan of this world has tags: on a free zone any tag is over the quota. */
function checkTags(tags: unknown): void {
  if (tags === undefined || tags === null) return
  if (!Array.isArray(tags)) throw invalidBody('"tags" must be a list')
  if (tags.length > 0) throw tooManyTags(tags.length)
}

const SETTINGS = ['ipv4_only', 'ipv6_only', 'flatten_cname']

function checkSettings(settings: unknown): Record<string, boolean> {
  if (settings === undefined || settings === null) return {}
  if (!isObject(settings)) throw invalidBody('"settings" must be an object')
  const wrong = Object.entries(settings).find(
    ([key, value]) => !SETTINGS.includes(key) || typeof value !== 'boolean',
  )
  if (wrong) throw invalidBody(`setting "${wrong[0]}" is unknown or not true or false`)
  return settings as Record<string, boolean>
}

/** Addresses the edge could never reach: loopback, link-local, private (RFC 1918, RFC 4193). */
const unreachable = new BlockList()
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['0.0.0.0', 8],
] as const) {
  unreachable.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  unreachable.addSubnet(net, prefix, 'ipv6')

/** Where the sandbox has addresses of their own for its machines, these are what stands for public ones. */
const published = new BlockList()
published.addSubnet('127.64.0.0', 10, 'ipv4')

function isPrivate(address: string): boolean {
  if (isIP(address) === 4 && published.check(address)) return false
  return unreachable.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}
