import {nearest} from '../../nearest.ts'
import type {LaunchTarget, LaunchWish} from '../compute.ts'
import {isPrivate, type VendorTarget} from './convert.ts'
import {MAX_PORTS_PER_RULE} from './ingress.ts'
import type {ApiImage, ApiNetwork, ApiPackage} from './shapes.ts'

/** What a data centre offers. */
export type Offer = {
  readonly datacenter: string
  readonly images: readonly ApiImage[]
  readonly packages: readonly ApiPackage[]
  readonly networks: readonly ApiNetwork[]
}

/** Why the data centre would not take a wish. */
export type Reason = {
  readonly about: 'settings' | 'type' | 'network' | 'image'
  /** As the fleet file names it: a package, a network, an image, a key of the group. */
  readonly name: string
  readonly text: string
}

export type Resolved = {readonly target: LaunchTarget} | {readonly reasons: Reason[]}

/** A wish in CloudAPI's ids, or every reason why the data centre would not take it. */
export function resolveWish(wish: LaunchWish, offer: Offer): Resolved {
  const reasons = [...unavailable(wish), ...badMetadata(wish)]
  const packages = resolvePackages(wish.types, offer.packages, reasons)
  const networks = resolveNetworks(wish.networks, offer.networks, reasons)
  const image = resolveImage(wish, offer.images, [...packages.values()], reasons)
  if (!image || reasons.length > 0) return {reasons}
  const vendor: VendorTarget = {
    packages: Object.fromEntries([...packages].map(([type, {id}]) => [type, id])),
    networks: networks.map(({id}) => id),
  }
  return {
    target: {
      imageId: image.id,
      imageName: `${image.name}@${image.version}`,
      zones: [{name: offer.datacenter, types: [...packages.keys()]}],
      wish,
      ...withoutAddress(networks),
      vendor,
    },
  }
}

/** What only other clouds have: named, with what to do instead. */
function unavailable(wish: LaunchWish): Reason[] {
  const asked: [boolean, string, string][] = [
    [wish.spot, 'spot', '"spot" does not exist on Triton: remove it.'],
    [
      wish.diskGb !== undefined,
      'disk',
      '"disk" cannot be chosen on Triton: the package decides; choose another "type".',
    ],
    [wish.subnets.length > 0, 'subnets', '"subnets" do not exist on Triton: use "networks".'],
    [
      wish.securityGroups.length > 0,
      'securityGroups',
      '"securityGroups" do not exist on Triton: use "open", which makes firewall rules.',
    ],
    [
      wish.instanceProfile !== undefined,
      'instanceProfile',
      '"instanceProfile" does not exist on Triton: give "instanceCredentials" instead.',
    ],
    [
      wish.keyPair !== undefined,
      'keyPair',
      '"keyPair" cannot be chosen on Triton: instances get every SSH key of the account.',
    ],
    [
      wish.open.length > MAX_PORTS_PER_RULE,
      'open',
      `"open" lists ${wish.open.length} ports; a Triton firewall rule holds at most ${MAX_PORTS_PER_RULE}.`,
    ],
  ]
  return asked.filter(([given]) => given).map(([, name, text]) => ({about: 'settings', name, text}))
}

function badMetadata({metadata}: LaunchWish): Reason[] {
  return Object.keys(metadata)
    .filter(key => key === 'credentials' || key.endsWith('_pw'))
    .map(key => ({
      about: 'settings',
      name: `metadata ${key}`,
      text: `metadata "${key}" would be dropped by CloudAPI: choose another key.`,
    }))
}

function resolvePackages(
  types: readonly string[],
  packages: readonly ApiPackage[],
  reasons: Reason[],
): Map<string, ApiPackage> {
  const found = new Map<string, ApiPackage>()
  for (const type of types) {
    const pkg = packages.find(one => one.name === type || matchesId(one, type))
    if (!pkg) reasons.push({about: 'type', name: type, text: unknown('package', type, packages)})
    else if (isContainerBrand(pkg.brand))
      reasons.push({
        about: 'type',
        name: type,
        text: `Package "${type}" is for ${pkg.brand} containers, which have no cloud-init: choose one for bhyve or kvm.`,
      })
    else found.set(type, pkg)
  }
  return found
}

function resolveNetworks(
  wished: readonly string[],
  networks: readonly ApiNetwork[],
  reasons: Reason[],
): ApiNetwork[] {
  return wished.flatMap(name => {
    const network = networks.find(one => one.name === name || matchesId(one, name))
    if (!network) reasons.push({about: 'network', name, text: unknown('network', name, networks)})
    return network ?? []
  })
}

/** Of networks the cloud chooses itself it makes one public and one internal: then nothing is known to be missing. */
function withoutAddress(networks: readonly ApiNetwork[]): Pick<LaunchTarget, 'without'> {
  if (networks.length === 0) return {}
  const names = networks.map(({name}) => name).join(', ')
  const lacking = (kind: string) =>
    `none of its networks (${names}) is ${kind}; add one that is to "networks"`
  const all = (kind: 'public' | 'private') => networks.every(network => kindOf(network) === kind)
  const isIpv6Alone = networks.every(
    network => kindOf(network) === 'private' || network.subnet?.includes(':'),
  )
  const without = {
    ...(all('private') && {public: lacking('public')}),
    ...(isIpv6Alone && !all('private') && {publicIpv4: lacking('public with IPv4 addresses')}),
    ...(all('public') && {private: lacking('private')}),
  }
  return Object.keys(without).length > 0 ? {without} : {}
}

/** By its addresses where they are shown, as those of an instance are judged: private clouds call their own range public. */
function kindOf({public: isPublic, subnet}: ApiNetwork): 'public' | 'private' | undefined {
  if (subnet !== undefined) return isPrivate(subnet) ? 'private' : 'public'
  return isPublic === undefined ? undefined : isPublic ? 'public' : 'private'
}

function resolveImage(
  {image, pinnedImageId}: LaunchWish,
  images: readonly ApiImage[],
  packages: readonly ApiPackage[],
  reasons: Reason[],
): ApiImage | undefined {
  const refuse = (...texts: string[]) =>
    void reasons.push(...texts.map(text => ({about: 'image' as const, name: image, text})))
  const named = images.filter(one => isNamed(one, image))
  const pinned = images.find(({id}) => id === pinnedImageId)
  if (named.length === 0 && !pinned) {
    refuse(unknown('image', image, images))
    return undefined
  }
  if (pinnedImageId !== undefined && !pinned) {
    refuse(
      `Image ${pinnedImageId}, which lives under "${image}", is no longer offered: name another image in the fleet file, and its instances are replaced.`,
    )
    return undefined
  }
  // Names repeat over versions and kinds, and a container may be the newest of all: it could not run the userdata.
  const disks = (pinned ? [pinned] : named).filter(({type}) => type === 'zvol')
  if (disks.length === 0) {
    refuse(`Image "${image}" is a container image, which has no cloud-init: choose one of type zvol.`)
    return undefined
  }
  const fitting = disks.filter(disk => misfits(disk, packages).length === 0)
  const newest = fitting.sort((a, b) => (b.published_at ?? '').localeCompare(a.published_at ?? ''))[0]
  if (!newest) refuse(...misfits(disks[0] as ApiImage, packages))
  return newest
}

/** Older clouds carry Canonical's images under their own names. */
function isNamed(one: ApiImage, image: string): boolean {
  if (matchesId(one, image) || `${one.name}@${one.version}` === image) return true
  return one.name === image || one.name === image.replace(/^ubuntu-(?=\d)/, 'ubuntu-certified-')
}

function misfits({name, version, requirements = {}}: ApiImage, packages: readonly ApiPackage[]): string[] {
  const {brand, min_memory: atLeast = 0, max_memory: atMost = Number.POSITIVE_INFINITY} = requirements
  return packages.flatMap(pkg => {
    if (brand && pkg.brand && brand !== pkg.brand)
      return `Image "${name}@${version}" needs ${brand}, package "${pkg.name}" is for ${pkg.brand}.`
    if (pkg.memory < atLeast)
      return `Image "${name}@${version}" needs ${atLeast} MiB of memory, package "${pkg.name}" has ${pkg.memory}.`
    if (pkg.memory > atMost)
      return `Image "${name}@${version}" takes ${atMost} MiB of memory at most, package "${pkg.name}" has ${pkg.memory}.`
    return []
  })
}

/** A whole id, or its first 8 hex digits, as the triton CLI prints and takes them. */
function matchesId({id}: {id: string}, text: string): boolean {
  return id === text || (/^[0-9a-f]{8}$/.test(text) && id.startsWith(`${text}-`))
}

const isContainerBrand = (brand: string | undefined) =>
  brand !== undefined && brand !== 'bhyve' && brand !== 'kvm'

const MAX_NAMES_SHOWN = 12

function unknown(kind: string, word: string, offered: readonly {name: string; version?: string}[]): string {
  const names = [...new Set(offered.map(({name}) => name))].sort()
  const meant = nearest(word, [...names, ...offered.map(({name, version}) => `${name}@${version}`)])
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ') + (names.length > MAX_NAMES_SHOWN ? ', …' : '')
  const there = names.length > 0 ? `there are: ${shown}` : 'there are none'
  return `This data centre has no ${kind} "${word}"; ${meant ? `did you mean "${meant}"?` : `${there}.`}`
}
