/** How clients come to know that an address is no longer served. */
export type Removal = {
  /** What the record was published with; CloudFlare's "automatic" is 300. */
  readonly ttlSeconds: number
  /** The vendor's edge answers for it: clients know the edge's addresses alone. */
  readonly proxied: boolean
  /** How long the end goes unnoticed by whoever removes the record: 0 where the record is removed first. */
  readonly detectionMs: number
  /** How long the vendor's own servers may go on answering with a record that was removed. */
  readonly propagationMs: number
}

/** How long somebody who was using the address is without the service. */
export type Outage = {readonly leastMs: number; readonly mostMs: number}

/**
 * What clients themselves add to the DNS: how long web clients took to give up an address that says nothing and to use
 * another one, once they could know of it. Source: measurements of web clients' DNS failover, 3 to 190 s.
 */
const CLIENT_LEAST_MS = 3_000
const CLIENT_MOST_MS = 190_000

/**
 * The outage that an instance leaves behind when it ends before resolvers have forgotten its address: detection, what the
 * vendor's servers take, the TTL, and what clients add. The least is that of a client whose resolver asks anew as soon as
 * the end is known; the most that of one whose resolver had asked the last server that still answered with the address. Both
 * speak of resolvers that honour the TTL: some stretch it.
 */
export function expectedOutage({ttlSeconds, proxied, detectionMs, propagationMs}: Removal): Outage {
  // The edge goes to another origin by itself, and its clients never knew the one that ended.
  if (proxied) return {leastMs: detectionMs, mostMs: detectionMs + propagationMs}
  return {
    leastMs: detectionMs + CLIENT_LEAST_MS,
    mostMs: detectionMs + propagationMs + ttlSeconds * 1_000 + CLIENT_MOST_MS,
  }
}
