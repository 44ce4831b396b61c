import type {Principal} from '../calls.ts'
import type {Fate} from '../faults/plan.ts'

/** Who calls EC2, and which region's endpoint. */
export type AwsCaller = {readonly principal: Principal; readonly region: string}

/** Which clouds speak EC2 here: Amazon's own, and the compatible one. */
export type Ec2Cloud = 'ec2' | 'eucalyptus'

export type Tags = Map<string, string>

export const INSTANCE_STATES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const
export type InstanceStateName = keyof typeof INSTANCE_STATES

export type Image = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly ownerId: string
  readonly ownerAlias?: string
  readonly architecture: 'x86_64' | 'arm64'
  /** ISO 8601, as EC2 gives it. */
  readonly creationDate: string
  readonly rootDeviceName: string
  readonly rootSnapshotId: string
  readonly rootSizeGb: number
}

export type InstanceType = {
  readonly name: string
  readonly vcpus: number
  readonly memoryMib: number
  readonly architecture: 'x86_64' | 'arm64'
}

export type Subnet = {
  readonly id: string
  readonly vpcId: string
  readonly zone: string
  readonly cidr: string
  readonly defaultForZone: boolean
  readonly publicAddresses: boolean
  /** A /64 out of which every new instance gets an address; absent where the subnet speaks IPv4 alone. */
  readonly ipv6Cidr?: string
  readonly tags: Tags
}

export type IngressRule = {
  readonly protocol: string
  readonly fromPort: number
  readonly toPort: number
  /** A v4 or v6 block, or the id of a security group. */
  readonly peer: string
}

export type SecurityGroup = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly vpcId: string
  readonly ingress: IngressRule[]
  readonly tags: Tags
}

export type KeyPair = {
  readonly id: string
  readonly name: string
  readonly fingerprint: string
  readonly tags: Tags
}

export type MetadataOptions = {
  httpTokens: 'required' | 'optional'
  httpEndpoint: 'enabled' | 'disabled'
  httpPutResponseHopLimit: number
  instanceMetadataTags: 'enabled' | 'disabled'
}

/** One instance, with what its metadata service may tell it. */
export type Ec2Instance = {
  readonly id: string
  readonly region: string
  readonly cloud: Ec2Cloud
  readonly reservationId: string
  readonly launchIndex: number
  readonly imageId: string
  readonly type: InstanceType
  readonly zone: string
  readonly subnetId: string
  readonly vpcId: string
  readonly privateIp: string
  /** Its own until it is terminated, on or off. */
  readonly ipv6?: string | undefined
  /** Whether it gets a public address while it is on. */
  readonly wantsPublicIp: boolean
  readonly keyName?: string | undefined
  readonly securityGroups: readonly SecurityGroup[]
  readonly instanceProfile?: string | undefined
  readonly userdata: Uint8Array
  readonly clientToken?: string | undefined
  readonly spot: boolean
  readonly shutdownBehavior: 'stop' | 'terminate'
  readonly volume: {
    readonly id: string
    readonly deviceName: string
    readonly sizeGb: number
    readonly tags: Tags
  }
  readonly tags: Tags
  /** Absent on Eucalyptus, whose metadata service asks for no token. */
  readonly metadata?: MetadataOptions
  /** Not found by describes before this (eventual consistency). */
  readonly visibleAtMs: number
  /** What a fault has in store for it. */
  readonly fate?: Fate | undefined
  protectedFromTermination: boolean
  publicIp?: string | undefined
  state: InstanceStateName
  stateReason?: {code: string; message: string} | undefined
  transitionReason: string
  /** Moves with every start, as EC2's LaunchTime does. */
  launchedAtMs: number
  runningSinceMs?: number | undefined
  terminatedAtMs?: number | undefined
  /** A stopped instance has given its place back to the zone. */
  holdsCapacity: boolean
  /** The guest itself, which lags behind the state. */
  power: 'off' | 'on' | 'going-down'
}
