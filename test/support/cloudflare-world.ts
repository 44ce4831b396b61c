import {CallLog} from '../../src/sandbox/world/calls.ts'
import type {CloudflareZone} from '../../src/sandbox/world/cloudflare/zone.ts'
import {CloudflareWorld} from '../../src/sandbox/world/cloudflare.ts'
import type {Core} from '../../src/sandbox/world/core.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {VirtualTime} from './virtual-runtime.ts'

export const DNS_SERVED_MS = 1_000

/** CloudFlare alone, on virtual time: its zone example.com and a session of the operator. */
export function cloudflareScene(seed = 1) {
  const time = new VirtualTime({seed})
  const calls = new CallLog(time.clock)
  const cloudflare = new CloudflareWorld({
    clock: time.clock,
    random: time.random,
    calls,
    hypervisor: idleHypervisor(),
    // The only delay this part of the world knows.
    delays: {dnsServedMs: DNS_SERVED_MS} as Core['delays'],
  })
  const zone = cloudflare.zone(SANDBOX.zone) as CloudflareZone
  const operator = {token: SANDBOX.cloudflare.operatorToken}
  return {
    time,
    calls,
    cloudflare,
    zone,
    operator,
    create: (record: object) =>
      cloudflare.createRecord(operator, zone.id, {ttl: 60, name: 'www', type: 'A', ...record}),
    list: (query: Record<string, string> = {}) =>
      cloudflare.listRecords(operator, zone.id, new URLSearchParams(query)),
  }
}
