import {createHash} from 'node:crypto'
import type {Core} from '../core.ts'
import {SANDBOX} from '../credentials.ts'
import {imagesOf, offered, typesOf} from './catalog.ts'
import type {
  Ec2Cloud,
  Ec2Instance,
  Image,
  InstanceType,
  KeyPair,
  SecurityGroup,
  Subnet,
  Tags,
} from './model.ts'
import {Throttle} from './throttle.ts'

/** EC2 shows a terminated instance for about an hour. */
const TERMINATED_SHOWN_MS = 3_600_000

/** What a client token made: the same request again answers with this reservation. */
export type TokenUse = {readonly fingerprint: string; readonly reservationId: string}

/** Everything one account has in one region. */
export class Region {
  readonly name: string
  readonly cloud: Ec2Cloud
  readonly core: Core
  readonly zones: readonly string[]
  readonly images = new Map<string, Image>()
  /** Public SSM parameters: name → image id. */
  readonly parameters: ReadonlyMap<string, string>
  readonly types: ReadonlyMap<string, InstanceType>
  readonly vpc: {readonly id: string; readonly cidr: string; readonly tags: Tags}
  readonly subnets = new Map<string, Subnet>()
  readonly groups = new Map<string, SecurityGroup>()
  readonly keyPairs = new Map<string, KeyPair>()
  readonly instances = new Map<string, Ec2Instance>()
  readonly tokens = new Map<string, TokenUse>()
  readonly throttle: Throttle
  /** On-demand vCPUs the account may run at once. */
  vcpuQuota = 5_000
  /** The same of spot instances, which count apart. */
  spotVcpuQuota = 5_000
  /** Whether a launch without room is refused, or accepted and ended while it is pending. */
  shortageShown: 'at-launch' | 'afterwards' = 'at-launch'
  /** Free slots by `zone type`; a pair without an entry has no end. */
  readonly #free = new Map<string, number>()
  #privateAddresses = new Map<string, number>()

  constructor(core: Core, name: string, zones: readonly string[]) {
    this.core = core
    this.name = name
    this.cloud = name === SANDBOX.eucalyptusRegion ? 'eucalyptus' : 'ec2'
    this.throttle = new Throttle(core.clock)
    this.zones = zones
    const {images, parameters} = imagesOf(name)
    for (const image of images) this.images.set(image.id, image)
    this.parameters = parameters
    this.types = new Map(typesOf(name).map(type => [type.name, type]))
    this.vpc = {id: this.#fixedId('vpc', 'default'), cidr: '172.31.0.0/16', tags: new Map()}
    this.zones.forEach((zone, index) => {
      this.addSubnet({zone, cidr: `172.31.${index * 16}.0/20`, defaultForZone: true, publicAddresses: true})
    })
    const [zone] = this.zones
    // Never chosen by itself: whoever wants IPv6 names this subnet.
    if (zone !== undefined && this.cloud === 'ec2')
      this.addSubnet({
        zone,
        cidr: '172.31.240.0/20',
        defaultForZone: false,
        publicAddresses: true,
        ipv6Cidr: '2001:db8:ec2::/64',
      })
    this.#addGroup('default', 'default VPC security group')
    this.#addKeyPair('sandbox')
  }

  get nowMs(): number {
    return this.core.clock.now()
  }

  /** A fresh id in EC2's form: `i-` and 17 hex digits; 8 on Eucalyptus. */
  newId(prefix: string): string {
    const digits = this.cloud === 'ec2' ? 17 : 8
    let hex = ''
    while (hex.length < digits) hex += Math.floor(this.core.random() * 16).toString(16)
    return `${prefix}-${hex}`
  }

  /** Instances that describes show now: not yet visible and long terminated ones are left out. */
  visibleInstances(): Ec2Instance[] {
    const nowMs = this.nowMs
    for (const [id, {terminatedAtMs}] of this.instances) {
      if (terminatedAtMs !== undefined && nowMs - terminatedAtMs > TERMINATED_SHOWN_MS)
        this.instances.delete(id)
    }
    return [...this.instances.values()].filter(instance => instance.visibleAtMs <= nowMs)
  }

  /** vCPUs of everything on demand, or spot, that is not terminated or stopped. */
  vcpusInUse(spot: boolean): number {
    let sum = 0
    for (const instance of this.instances.values())
      if (instance.spot === spot && instance.state !== 'terminated' && instance.state !== 'stopped')
        sum += instance.type.vcpus
    return sum
  }

  offers(zone: string, type: string): boolean {
    return this.types.has(type) && offered(zone, type)
  }

  capacity(zone: string, type: string): number {
    return this.#free.get(`${zone} ${type}`) ?? Number.POSITIVE_INFINITY
  }

  /** How many more of a type a zone can start; undefined lifts the limit. */
  setCapacity(zone: string, type: string, free: number | undefined): void {
    if (free === undefined) this.#free.delete(`${zone} ${type}`)
    else this.#free.set(`${zone} ${type}`, free)
  }

  /** Uses up (or with a negative count gives back) capacity. */
  useCapacity(zone: string, type: string, count: number): void {
    const free = this.#free.get(`${zone} ${type}`)
    if (free !== undefined) this.#free.set(`${zone} ${type}`, free - count)
  }

  addSubnet(options: {
    zone: string
    cidr: string
    defaultForZone: boolean
    publicAddresses: boolean
    ipv6Cidr?: string
  }): Subnet {
    const id = this.#fixedId('subnet', `${options.zone} ${options.cidr}`)
    const subnet: Subnet = {id, vpcId: this.vpc.id, tags: new Map(), ...options}
    this.subnets.set(id, subnet)
    return subnet
  }

  /** The next free address of a subnet; the first four belong to the network. Undefined when the subnet is full. */
  newPrivateIp({id, cidr}: Subnet): string | undefined {
    const [base = '', bits = '20'] = cidr.split('/')
    const next = this.#privateAddresses.get(id) ?? 4
    if (next >= 2 ** (32 - Number(bits)) - 1) return undefined
    this.#privateAddresses.set(id, next + 1)
    const [a = 0, b = 0, c = 0] = base.split('.').map(Number)
    return `${a}.${b}.${c + (next >> 8)}.${next & 255}`
  }

  /** Beside a private address, with the same number in its subnet; undefined where the subnet has no IPv6. */
  newIpv6({ipv6Cidr, cidr}: Subnet, privateIp: string): string | undefined {
    const number = (ip: string) => ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
    const host = number(privateIp) - number(cidr.slice(0, cidr.indexOf('/')))
    return ipv6Cidr?.replace(/::\/64$/, `::${host.toString(16)}`)
  }

  #addGroup(name: string, description: string): void {
    const id = this.#fixedId('sg', name)
    this.groups.set(id, {
      id,
      name,
      description,
      vpcId: this.vpc.id,
      ingress: [{protocol: '-1', fromPort: -1, toPort: -1, peer: id}],
      tags: new Map(),
    })
  }

  #addKeyPair(name: string): void {
    const hex = this.#hex(`key ${name}`)
    const fingerprint = (hex.slice(0, 40).match(/../g) ?? []).join(':')
    this.keyPairs.set(name, {id: this.#fixedId('key', name), name, fingerprint, tags: new Map()})
  }

  /** What stands from the start has ids that never change. */
  #fixedId(prefix: string, of: string): string {
    return `${prefix}-${this.#hex(`${prefix} ${of}`).slice(0, 17)}`
  }

  #hex(of: string): string {
    return createHash('sha256').update(`${this.name} ${of}`).digest('hex')
  }
}
