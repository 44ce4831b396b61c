import {isTrue, type Params, text} from './listing.ts'
import type {Brand, Image, KnownNetwork, Package, Scalar} from './model.ts'
import {invalidArgument, missingParameter, nameInvalid, validationFailed} from './refusal.ts'

/** What a data centre has to make instances from. */
export type Stock = {
  readonly images: readonly Image[]
  readonly packages: readonly Package[]
  readonly networks: readonly KnownNetwork[]
}

/** A CreateMachine that is fit to be carried out. `name` is absent when the cloud shall choose. */
export type Blueprint = {
  readonly name: string | undefined
  readonly image: Image
  readonly package: Package
  readonly brand: Brand
  readonly networks: readonly KnownNetwork[]
  readonly tags: Record<string, Scalar>
  readonly metadata: Record<string, string>
  readonly firewallEnabled: boolean
  readonly deletionProtection: boolean
}

const NAME = /^[a-zA-Z0-9][\w.-]*$/
const MAX_NAME = 189
const MAX_NAME_WITH_CNS = 63
const AFFINITY = /^[^=!~]+(==|!=)~?[^=!~]+$/

/** Checks a flat CreateMachine body against the stock. Source: CloudAPI reference; lib/machines.js and VMAPI's validation. */
export function readBlueprint(params: Params, stock: Stock, cnsEnabled: boolean): Blueprint {
  const imageId = text(params.image)
  const packageRef = text(params.package)
  if (!imageId) throw missingParameter('image is a required argument')
  if (!packageRef) throw missingParameter('package is a required argument')
  const image = stock.images.find(({id}) => id === imageId)
  if (image?.state !== 'active') throw invalidArgument(`${imageId} is not a valid image`)
  const pkg = stock.packages.find(({id, name}) => id === packageRef || name === packageRef)
  if (!pkg) throw invalidArgument(`${packageRef} is not a valid package`)
  checkAffinity(params.affinity)
  return {
    name: params.name === undefined ? undefined : checkName(String(params.name), cnsEnabled),
    image,
    package: pkg,
    brand: chooseBrand(image, pkg, text(params.brand)),
    networks: chooseNetworks(params.networks, stock.networks),
    tags: prefixed(params, 'tag.', checkTag),
    metadata: prefixed(params, 'metadata.', checkMetadata),
    firewallEnabled: isTrue(params.firewall_enabled),
    deletionProtection: isTrue(params.deletion_protection),
  }
}

export function checkName(name: string, cnsEnabled: boolean): string {
  const longest = cnsEnabled ? MAX_NAME_WITH_CNS : MAX_NAME
  // `{{shortId}}` becomes the first 8 hex digits of the new id.
  const plain = name.replaceAll('{{shortId}}', '00000000')
  if (!NAME.test(plain) || plain.length > longest)
    throw nameInvalid(`Invalid VM alias: letters, digits, "_", "." and "-", at most ${longest}`)
  return name
}

function chooseBrand(image: Image, pkg: Package, asked: string | undefined): Brand {
  if (asked !== undefined && asked !== 'bhyve' && asked !== 'kvm')
    throw invalidArgument(`brand must be "bhyve" or "kvm", not "${asked}"`)
  const needs = image.requirements
  const wanted = new Set([asked, pkg.brand, needs.brand].filter(brand => brand !== undefined))
  const [brand = image.type === 'zvol' ? 'kvm' : image.type === 'lx-dataset' ? 'lx' : 'joyent'] = wanted
  if (wanted.size > 1) throw invalidArgument(`brands do not agree: ${[...wanted].join(', ')}`)
  if ((image.type === 'zvol') !== (brand === 'bhyve' || brand === 'kvm'))
    throw invalidArgument(`image ${image.id} cannot be used with brand ${brand}`)
  if (needs.min_memory !== undefined && pkg.memory < needs.min_memory)
    throw validationFailed('Invalid VM parameters', [
      {
        field: 'ram',
        code: 'Invalid',
        message: `Specified RAM (${pkg.memory}) does not meet image min_ram requirement (${needs.min_memory})`,
      },
    ])
  return brand as Brand
}

/** Ids, or objects with an `ipv4_uuid`; without any, one public and one internal network. */
function chooseNetworks(given: unknown, known: readonly KnownNetwork[]): readonly KnownNetwork[] {
  if (given === undefined) {
    const defaults = [known.find(network => network.public), known.find(network => !network.public)]
    return defaults.filter(network => network !== undefined)
  }
  if (!Array.isArray(given) || given.length === 0)
    throw invalidArgument('property "networks": array of strings or objects expected')
  const kinds = new Set(given.map(item => typeof item))
  if (kinds.size > 1) throw invalidArgument('property "networks": cannot mix objects and strings')
  return given.map((item, index) => {
    const id = typeof item === 'object' ? text((item as {ipv4_uuid?: unknown} | null)?.ipv4_uuid) : text(item)
    if (!id) throw invalidArgument(`property "networks[${index}].ipv4_uuid": string expected`)
    const network = known.find(one => one.id === id)
    if (!network) throw invalidArgument(`Invalid Networks: ${id} is not accessible to this account`)
    return network
  })
}

function checkAffinity(given: unknown): void {
  if (given === undefined) return
  if (!Array.isArray(given)) throw invalidArgument('affinity must be an array')
  for (const rule of given)
    if (typeof rule !== 'string' || !AFFINITY.test(rule))
      throw invalidArgument(`invalid affinity rule: ${rule}`)
}

/** Tags under `triton.` steer the cloud and are checked. */
const SPECIAL_TAGS = new Set([
  'triton.cns.services',
  'triton.cns.disable',
  'triton.cns.reverse_ptr',
  'triton.cns.acme_challenge',
])

/** A tag fit to be stored. */
export function checkTag(key: string, value: unknown): Scalar {
  if (key.startsWith('triton.') && !SPECIAL_TAGS.has(key))
    throw invalidArgument(`Unrecognized special triton tag "${key}"`)
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    throw invalidArgument(`tag "${key}" must be a string, number or boolean`)
  return value
}

/** A metadata value fit to be stored; undefined where CloudAPI silently drops the key. */
export function checkMetadata(key: string, value: unknown): string | undefined {
  if (key === 'credentials' || key.endsWith('_pw')) return undefined
  if (typeof value === 'object') throw invalidArgument(`metadata "${key}" must be a scalar`)
  return String(value)
}

function prefixed<Value>(
  params: Params,
  prefix: string,
  check: (key: string, value: unknown) => Value | undefined,
): Record<string, Value> {
  const found: Record<string, Value> = {}
  for (const [key, value] of Object.entries(params)) {
    if (!key.startsWith(prefix) || key === prefix) continue
    const name = key.slice(prefix.length)
    const checked = check(name, value)
    if (checked !== undefined) found[name] = checked
  }
  return found
}
