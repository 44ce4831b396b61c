import type {Page} from '../../world/cloudflare/paging.ts'
import {type CloudflareRecord, isProxiable} from '../../world/cloudflare/record.ts'
import type {ApiToken} from '../../world/cloudflare/tokens.ts'
import type {CloudflareZone} from '../../world/cloudflare/zone.ts'
import type {VendorError} from '../../world/vendor-error.ts'

/** CloudFlare v4's JSON: the envelope around everything, and whole zones, records and tokens as the reference shows them. */

export function success(result: unknown, extra: Record<string, unknown> = {}) {
  return {result, success: true, errors: [], messages: [], ...extra}
}

export function failure({code, message, detail}: Pick<VendorError, 'code' | 'message' | 'detail'>) {
  return {result: null, success: false, errors: [{code, message, ...detail}], messages: []}
}

export function pageJson<T>({items, page, perPage, totalCount}: Page<T>, json: (item: T) => unknown) {
  return success(items.map(json), {
    result_info: {
      page,
      per_page: perPage,
      count: items.length,
      total_count: totalCount,
      total_pages: Math.ceil(totalCount / perPage),
    },
  })
}

export function zoneJson(zone: CloudflareZone) {
  const made = time(zone.createdOnMs)
  return {
    id: zone.id,
    name: zone.name,
    status: zone.status,
    paused: false,
    type: 'full',
    development_mode: 0,
    name_servers: zone.nameServers,
    original_name_servers: ['ns1.registrar.test', 'ns2.registrar.test'],
    original_registrar: null,
    original_dnshost: null,
    created_on: made,
    modified_on: made,
    activated_on: zone.status === 'active' ? made : null,
    meta: {
      step: 2,
      custom_certificate_quota: 0,
      page_rule_quota: 3,
      phishing_detected: false,
      cdn_only: false,
      dns_only: false,
      foundation_dns: false,
    },
    owner: {id: zone.account.id, type: 'user', name: zone.account.name},
    account: zone.account,
    permissions: ['#dns_records:edit', '#dns_records:read', '#zone:read'],
    plan: {
      id: '0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee',
      name: 'Free Website',
      price: 0,
      currency: 'USD',
      frequency: '',
      is_subscribed: false,
      can_subscribe: false,
      legacy_id: 'free',
      legacy_discount: false,
      externally_managed: false,
    },
  }
}

export function recordJson(record: CloudflareRecord) {
  const {id, name, type, content, data, priority, proxied, ttl, settings, comment} = record
  return {
    id,
    name,
    type,
    content,
    ...(priority !== undefined && {priority}),
    ...(data && {data}),
    proxiable: isProxiable(type, content),
    proxied,
    ttl,
    settings,
    meta: {},
    // Absent, not null: the published schema knows text only.
    ...(comment !== null && {comment}),
    tags: [],
    created_on: time(record.createdOnMs),
    modified_on: time(record.modifiedOnMs),
    ...(record.commentModifiedOnMs !== undefined && {comment_modified_on: time(record.commentModifiedOnMs)}),
  }
}

export function verifiedTokenJson({id, status, expiresOnMs, notBeforeMs}: ApiToken) {
  return {
    id,
    status,
    ...(notBeforeMs !== undefined && {not_before: seconds(notBeforeMs)}),
    ...(expiresOnMs !== undefined && {expires_on: seconds(expiresOnMs)}),
  }
}

export const TOKEN_VERIFIED = {
  messages: [{code: 10000, message: 'This API Token is valid and active', type: null}],
}

export function usageJson({records, quota}: {records: number; quota: number}) {
  return {record_quota: quota, record_usage: records}
}

/** As tokens have it, whose times have no fractions. */
function seconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '')
}

/** `2014-01-01T05:20:00.123450Z`: microseconds, as the service writes them. */
function time(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}
