import type {RecordMark} from '../mark.ts'
import type {Secret} from '../secret.ts'

export type DnsVendor = 'cloudflare' | 'route53'

/** Credentials for changing DNS, as a fleet gives them to its instances. */
export type DnsCredentials =
  | {readonly kind: 'token'; readonly token: Secret}
  | {readonly kind: 'keys'; readonly accessKeyId: Secret; readonly secretAccessKey: Secret}

export type Zone = {
  /** The vendor's id. */
  readonly id: string
  /** Lower case, no final dot. */
  readonly name: string
  /** The account that holds it, where the vendor tells. */
  readonly account: string
  readonly nameServers: readonly string[]
}

/**
 * One value under a name, with the mark it carries. Names are lower case without final dot, as zone files write them; TXT
 * values are the plain text, unquoted and joined, in what is ours a line for each short string of several; SRV values are
 * `<priority> <weight> <port> <host>`. A member without `mark` is foreign.
 */
export type Member = {
  readonly name: string
  readonly type: 'A' | 'AAAA' | 'TXT' | 'CNAME' | 'SRV' | 'PTR'
  readonly value: string
  /** CloudFlare's "automatic" reads as 300. */
  readonly ttlSeconds: number
  /** `group` is '' where the vendor's mark has no room for it. */
  readonly mark?: RecordMark
  readonly proxied?: boolean
  /**
   * How its record set routes. 'simple' sets hold several values in one set; CloudFlare's are 'single'. On what is to be
   * created Route53 takes 'simple' and 'weighted' for what its name is configured to; absent it is 'multivalue'.
   */
  readonly routing?: 'single' | 'multivalue' | 'simple' | 'weighted' | 'other'
  /** Of a weighted set: 0 to 255. */
  readonly weight?: number
  /** The adapter's handle on what it read (a record id, a set identifier): a removal names exactly this. Absent on what is to be created. */
  readonly ref?: string
}

/**
 * A change of members. SRV and PTR values and those with simple routing share one set with strangers: one that stands there
 * already counts as created, whoever made it, and joins with the TTL of the set. What leaves a name with one routing and
 * comes with another one in the same change is moved in one atomic step.
 */
export type DnsChange = {
  readonly create: readonly Member[]
  readonly remove: readonly Member[]
  /**
   * Whoever decided on it saw addresses stay in each name that loses some. Where the adapter sees none any more, ConflictError:
   * it looks once more before it writes, and a shared set is compared in the write itself (decision 20).
   */
  readonly othersStay?: true
}

/** Names an accepted change; plain JSON, kept in the journal so that a later run can ask about it. */
export type ChangeReceipt = {readonly id: string}

/** What a name is wanted to hold, for the vendor's own limits. */
export type NameWish = {
  readonly name: string
  readonly ttlSeconds: number
  readonly proxied: boolean
  readonly members: number
  /** How the addresses are to route; absent 'multivalue', or the vendor's only way. */
  readonly routing?: 'multivalue' | 'simple' | 'weighted'
  /** Whether members have IPv6 addresses beside the others. */
  readonly ipv6?: boolean
  /** Whose members are no strangers; absent, whoever has a mark is none. */
  readonly fleet?: string
  /** Of a member's longest id; a UUID's where absent. */
  readonly idCharacters?: number
  /** The SRV set that the members join, with the characters of its longest value; `members` where these are not as many. */
  readonly discovery?: {readonly name: string; readonly valueCharacters: number; readonly members?: number}
}

/**
 * The DNS of one vendor as one account sees it. Errors and retries as for ComputeProvider: a failed read is never an empty list.
 */
export type DnsProvider = {
  readonly vendor: DnsVendor
  /** By name. Throws ZoneNotFoundError. */
  findZone(name: string): Promise<Zone>
  /**
   * Every value of a Member's types under each of these exact names, all pages. The marks of values in shared sets may stand
   * beside them (`holdName`): whoever wants to see these lists both names.
   */
  listMembers(zone: Zone, names: readonly string[]): Promise<Member[]>
  /**
   * Adds and removes exactly these members in as few calls as the vendor allows, and touches nothing else. Safe to repeat:
   * what is already there with our mark counts as created, what is already absent as removed. Throws ConflictError when the
   * zone no longer holds what was read, or a foreign record stands where ours should go.
   */
  change(zone: Zone, change: DnsChange): Promise<ChangeReceipt>
  /** Whether the vendor's servers have stopped answering with the removed members. `receipt` of the removal where known, and when it was accepted. */
  removalServed(
    zone: Zone,
    removed: readonly Member[],
    receipt?: ChangeReceipt,
    removedAtMs?: number,
  ): Promise<boolean>
  /** What the vendor would refuse: TTL range, member limits, record sets under the name that ours cannot live beside. Pure; all at once. */
  refusals(wish: NameWish, existing: readonly Member[]): string[]
}
