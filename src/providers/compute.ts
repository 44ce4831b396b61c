import type {Mark} from '../mark.ts'
import type {Secret} from '../secret.ts'

/** yes, or no with the reason and what mcd does instead. Code asks the capability, never the provider's name. */
export type Capability = {able: true} | {able: false; because: string}
export const yes: Capability = {able: true}
export const no = (because: string): Capability => ({able: false, because})

/**
 * One place instances live in: a cloud, region or data centre, as one account sees it. `key` names it in the journal
 * and never changes for the same place: `aws:us-east-1`, `aws:http://euca.example:8773/services/compute`,
 * `joyent:us-central-1.api.mnx.io`.
 */
export type Place = {
  readonly key: string
  readonly provider: 'aws' | 'joyent'
  readonly region?: string
  /** Endpoint URL from the fleet file; absent where the vendor's own variables and defaults decide. */
  readonly endpoint?: string
  /** Credentials profile by name (an AWS profile, a Triton profile). */
  readonly profile?: string
  /** Set for EC2-compatible clouds (decision 12). */
  readonly compatible?: 'eucalyptus'
}

/** Of an instance's id. Sources: EC2 API Reference, "Instance" (i- and 17 hexadecimal digits); CloudAPI, "GetMachine" (a UUID). */
export const ID_CHARACTERS: Readonly<Record<Place['provider'], number>> = {aws: 19, joyent: 36}

export type ComputeCapabilities = {
  /** Several availability zones inside one place. */
  zones: Capability
  /** Many instances in one launch call. */
  batchLaunch: Capability
  /** The cloud itself deduplicates launches by our key. */
  launchToken: Capability
  spot: Capability
  /** A disk of a wished size. */
  disk: Capability
  deletionProtection: Capability
  bootLog: Capability
  /** Bytes of userdata the place accepts, after compression where the guest can take it. */
  userdataMaxBytes: number
  /** Whether gzip may be used to fit. */
  userdataGzip: boolean
}

/**
 * 'unknown' is any state this version does not know, and Triton's `offline`: it may well be serving, so it is neither
 * replaced nor removed. 'gone' covers terminated, deleted and failed.
 */
export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'gone' | 'unknown'

export type Instance = {
  readonly id: string
  readonly place: string
  readonly mark: Mark
  readonly state: InstanceState
  /** The vendor's own reason for its state, where it gives one (a failed provision, a spot interruption). */
  readonly stateReason?: string
  /** Gone without ever having run, because the place had no room for it: another type or zone may have. */
  readonly unplaced?: true
  /** Short and readable, for people. */
  readonly name?: string
  readonly publicIp?: string
  readonly privateIp?: string
  /** In the spelling of RFC 5952, beside the others or alone. */
  readonly publicIpv6?: string
  readonly zone?: string
  readonly type?: string
  readonly imageId?: string
  readonly launchedAtMs: number
}

/**
 * An instance as it is found by its id, with the mark that it was made with. `lacks` are the tags of that mark which somebody
 * took away or changed, as `mcd:fleet=web`; none where it carries a whole mark of its fleet after all.
 */
export type Described = Instance & {readonly lacks: readonly string[]}

/** What the fleet file asks of a launch, in the file's own words. */
export type LaunchWish = {
  /** Tried in order when capacity is short. */
  readonly types: readonly string[]
  /** An alias (`ubuntu-24.04`), a vendor's id, or on Triton name[@version]. */
  readonly image: string
  /** An image id that lives under this alias already: an alias stays pinned to what lives (decision 7). */
  readonly pinnedImageId?: string
  /** EC2 subnet ids; empty = one default subnet per availability zone. */
  readonly subnets: readonly string[]
  /** EC2 availability zones by name, in order of preference; empty or absent = all that offer a wished type. Not part of the launch spec. */
  readonly zones?: readonly string[]
  /** false: fill the zones in order instead of spreading over them (decision 9: spread is the default). Not part of the launch spec. */
  readonly spread?: boolean
  /** EC2 security group ids or names; empty = one of our own, opened at `open`. */
  readonly securityGroups: readonly string[]
  /** TCP ports to open to the world. */
  readonly open: readonly number[]
  readonly keyPair?: string
  readonly instanceProfile?: string
  readonly spot: boolean
  readonly diskGb?: number
  readonly deletionProtection: boolean
  /** Triton networks by name or id. */
  readonly networks: readonly string[]
  /** Triton metadata beside ours. Values that came through `${env:…}` are Secrets: revealed only in the call that sends them. */
  readonly metadata: Readonly<Record<string, string | Secret>>
  readonly tags: Readonly<Record<string, string>>
}

/** One zone of a place (or the place itself where it has none) and the types it offers out of the wished ones, in order. */
export type LaunchZone = {
  readonly name: string
  readonly subnetId?: string
  readonly types: readonly string[]
}

/**
 * A wish resolved to the vendor's ids, ready to freeze into the journal: plain JSON, no secrets. `zones` is never empty.
 * `vendor` is the adapter's own and opaque to everybody else.
 */
export type LaunchTarget = {
  readonly imageId: string
  readonly imageName: string
  readonly zones: readonly LaunchZone[]
  readonly wish: LaunchWish
  /** Kinds of address that its instances, or some of them, would not have: why, and what to do. 'publicIpv4' where they would have IPv6 alone. */
  readonly without?: Readonly<Partial<Record<'public' | 'publicIpv4' | 'private', string>>>
  readonly vendor: Readonly<Record<string, unknown>>
}

/** Everything one launch call needs. Frozen in the journal under `key` before the call, less `userdata` (kept as a digest). */
export type LaunchOrder = {
  readonly mark: Mark
  readonly count: number
  readonly type: string
  readonly zone: LaunchZone
  readonly target: LaunchTarget
  /** What ensureNetwork returned for this group. */
  readonly networkIds: readonly string[]
  /** Exactly the bytes the guest gets (a multipart document, possibly gzipped); the adapter only adds its transport encoding. */
  readonly userdata: Uint8Array
  /** An earlier attempt may have taken effect: look before launching where the cloud does not deduplicate. */
  readonly resumed: boolean
}

/** `instances` may be fewer than ordered; then `shortfall` says why. */
export type LaunchReceipt = {
  readonly instances: readonly Instance[]
  readonly shortfall?: {readonly kind: 'capacity' | 'quota'; readonly message: string}
  /** The cloud carried out one request twice: these were ended again. */
  readonly doubles?: readonly string[]
}

/** Ingress of one group. The name of what is made is a function of owner and group, so that repeating is safe. */
export type NetworkWish = {
  readonly fleet: string
  readonly dns: string
  readonly group: string
  readonly open: readonly number[]
  /** The group's own subnets, whose VPC the ingress must be in; absent or empty = the default VPC. */
  readonly subnets?: readonly string[]
}

/** A security group (EC2) or firewall rule (Triton) with our mark. */
export type NetworkPiece = {
  readonly id: string
  readonly place: string
  readonly fleet: string
  readonly dns: string
  readonly group: string
  readonly open: readonly number[]
  /** The cloud took one request twice, and another piece does the same: this one can go. */
  readonly twin?: true
}

/**
 * Instances in one place. Every method reads all pages, throws AuthError, UnreachableError (after its retries) or a more
 * precise error, and never returns an empty list for a failed read. All retrying, pacing and waiting for the vendor's
 * consistency happens inside, on the injected runtime.
 */
export type ComputeProvider = {
  readonly place: Place
  readonly capabilities: ComputeCapabilities
  /** The account behind the credentials, for decision 5: an AWS account number, a Triton login and account id. */
  identify(): Promise<string>
  /** Resolves images, types, zones, networks and checks that named things exist. Throws RefusedError with every reason at once. Changes nothing. */
  resolveLaunch(wish: LaunchWish): Promise<LaunchTarget>
  /** Every instance with a whole mark of this fleet name, whatever its DNS name; gone ones as long as the vendor shows them. */
  listInstances(fleet: string): Promise<Instance[]>
  /** Those of these ids that exist, whatever their tags say by now. Who has ended, or is not known, is not among them. */
  describe(made: ReadonlyMap<string, Mark>): Promise<Described[]>
  /**
   * Launches up to `count` instances. Safe to repeat with the same order: answers with the instances of the first time and
   * never doubles. Throws CapacityError or QuotaError when nothing at all was launched.
   */
  launch(order: LaunchOrder): Promise<LaunchReceipt>
  /** Starts the end of these instances, lifting deletion protection that mcd set. Ids already gone are fine. Returns when accepted, not when gone. */
  terminate(ids: readonly string[]): Promise<void>
  /** Makes, or completes, the ingress of a group. Returns the ids a launch needs (empty where the cloud selects by tag). Repeatable. */
  ensureNetwork(wish: NetworkWish): Promise<readonly string[]>
  listNetwork(fleet: string): Promise<NetworkPiece[]>
  /** Removes a piece; 'in-use' when the cloud still counts an instance as its user. Absent is 'removed'. */
  removeNetwork(piece: NetworkPiece): Promise<'removed' | 'in-use'>
  /** The tail of what the guest printed at boot; undefined when there is nothing yet. Where the cloud has none, capabilities.bootLog says what to run. */
  bootLog(id: string): Promise<string | undefined>
}
