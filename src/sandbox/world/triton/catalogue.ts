import {createHash} from 'node:crypto'
import type {Image, KnownNetwork, Package} from './model.ts'

/** What the sandbox's data centre offers: the names that product.md uses, and what makes choosing among them hard. */

const DAY_MS = 24 * 60 * 60 * 1000
const OPERATOR = stableId('operator')

/** A UUID that is always the same for the same text. */
export function stableId(text: string): string {
  const hex = createHash('sha1').update(`mcd sandbox ${text}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function image(name: string, version: string, rest: Partial<Image> = {}): Image {
  const published = Date.UTC(
    Number(version.slice(0, 4)),
    Number(version.slice(4, 6)) - 1,
    Number(version.slice(6, 8)),
  )
  return {
    id: stableId(`image ${name} ${version} ${rest.type ?? 'zvol'}`),
    name,
    version,
    os: 'linux',
    type: 'zvol',
    state: 'active',
    public: true,
    owner: OPERATOR,
    published_at: new Date(published + DAY_MS / 2).toISOString(),
    description: `${name} for bhyve and KVM, with cloud-init`,
    requirements: {},
    image_size: 10_240,
    ...rest,
  }
}

function container(name: string, version: string, rest: Partial<Image>): Image {
  const {image_size: _none, ...built} = image(name, version, rest)
  return built
}

export const IMAGES: readonly Image[] = [
  image('ubuntu-22.04', '20250812'),
  image('ubuntu-22.04', '20260210'),
  image('ubuntu-24.04', '20250915'),
  image('ubuntu-24.04', '20260212'),
  // Newer than every disk image of that name: a bare name must not end up in a container without cloud-init.
  container('ubuntu-24.04', '20260301', {
    type: 'lx-dataset',
    description: 'Ubuntu 24.04 as a container',
    requirements: {brand: 'lx'},
  }),
  image('debian-12', '20250701'),
  image('debian-12', '20260110'),
  image('debian-13', '20250901'),
  image('debian-13', '20260115'),
  image('debian-11', '20240601', {state: 'disabled'}),
  image('freebsd-14', '20260101', {
    description: 'FreeBSD 14 for KVM',
    requirements: {brand: 'kvm', min_memory: 1_024},
  }),
  container('base-64-lts', '20241101', {
    os: 'smartos',
    type: 'zone-dataset',
    description: 'A SmartOS zone with pkgsrc',
    requirements: {brand: 'joyent'},
  }),
]

const MIB_PER_GIB = 1_024

function hvmPackage(name: string, memoryMib: number, diskGib: number, vcpus: number): Package {
  return {
    id: stableId(`package ${name}`),
    name,
    version: '1.0.0',
    group: 'General',
    memory: memoryMib,
    swap: memoryMib * 4,
    disk: diskGib * MIB_PER_GIB,
    vcpus,
    lwps: 4_000,
    default: false,
    description: `${memoryMib / MIB_PER_GIB} GiB of memory, ${diskGib} GiB of disk`,
    brand: 'bhyve',
  }
}

export const PACKAGES: readonly Package[] = [
  hvmPackage('g1.nano', 512, 10, 1),
  hvmPackage('g1.micro', 1_024, 25, 1),
  hvmPackage('g1.small', 2_048, 50, 1),
  hvmPackage('g1.medium', 4_096, 100, 2),
  hvmPackage('g1.large', 8_192, 200, 4),
  {...hvmPackage('k1.small', 2_048, 50, 1), group: 'KVM', brand: 'kvm'},
  {...hvmPackage('lx1.small', 2_048, 50, 1), group: 'Containers', brand: 'lx'},
]

const PUBLIC_SUBNET = {subnet: '198.18.0.0/15', gateway: '198.18.0.1', netmask: '255.254.0.0'}

export const NETWORKS: readonly KnownNetwork[] = [
  {
    id: stableId('network external'),
    member: stableId('network external'),
    name: 'external',
    public: true,
    description: 'Public addresses',
    ...PUBLIC_SUBNET,
  },
  {
    id: stableId('network fabric'),
    member: stableId('network fabric'),
    name: 'My-Fabric-Network',
    public: false,
    fabric: true,
    description: 'Private overlay of this account',
    subnet: '10.64.0.0/16',
    gateway: '10.64.0.1',
    netmask: '255.255.0.0',
  },
  {
    id: stableId('network external-v6'),
    member: stableId('network external-v6'),
    name: 'external-v6',
    public: true,
    description: 'Public IPv6 addresses, for whoever asks for them',
    subnet: '2001:db8:7::/64',
    gateway: '2001:db8:7::1',
    netmask: 'ffff:ffff:ffff:ffff::',
  },
  {
    id: stableId('network pool'),
    member: stableId('network pool member'),
    name: 'public-pool',
    public: true,
    description: 'A pool of public networks',
    netmask: PUBLIC_SUBNET.netmask,
    gateway: PUBLIC_SUBNET.gateway,
  },
]
