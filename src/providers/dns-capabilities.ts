import type {DnsVendor} from './dns.ts'

/** What a vendor's DNS can do, for whoever plans. Code asks the capability, never the vendor's name. */
export type DnsCapabilities = {
  /** Records can stand behind the vendor's own edge, and each says whether it does. */
  readonly proxies: boolean
  /** The records of a name form sets that route each in a way of their own, and stand side by side only where they route alike. */
  readonly routes: boolean
  /** At most so many of a name's addresses stand in one answer, other ones each time. */
  readonly addressesAtOnce: number
  /** The shortest TTL that is to be recommended ahead of a change. */
  readonly shortestTtlSeconds: number
}

export const DNS_CAPABILITIES: Readonly<Record<DnsVendor, DnsCapabilities>> = {
  cloudflare: {
    proxies: true,
    routes: false,
    addressesAtOnce: Number.POSITIVE_INFINITY,
    // It takes no shorter one on most plans.
    shortestTtlSeconds: 60,
  },
  route53: {
    proxies: false,
    routes: true,
    // Source: Developer Guide, "Multivalue answer routing".
    addressesAtOnce: 8,
    // Each answer is billed, and resolvers ask anew that often.
    shortestTtlSeconds: 5,
  },
}
