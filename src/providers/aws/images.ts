import type {Image} from '@aws-sdk/client-ec2'
import {AuthError} from '../../errors.ts'
import {nearest} from '../../nearest.ts'
import {IMAGE_ALIASES} from '../image-aliases.ts'
import {type AwsApi, allPages} from './api.ts'
import {isRefusal} from './classify.ts'
import {filter} from './convert.ts'

export type Architecture = 'x86_64' | 'arm64'
export type ResolvedImage = {
  readonly id: string
  readonly name: string
  readonly rootDeviceName: string
  readonly rootSizeGb?: number
  readonly architecture?: string
}

type Alias = (typeof IMAGE_ALIASES)[number]

/** Where each vendor publishes its newest image: an SSM public parameter, and owner and name for regions that lack it. */
type Source = {
  readonly parameter: (architecture: 'amd64' | 'arm64') => string
  readonly owner: string
  readonly name: (architecture: 'amd64' | 'arm64') => string
}

const CANONICAL = '099720109477'
const DEBIAN = '136693071363'
const amazonArchitecture = (architecture: 'amd64' | 'arm64') =>
  architecture === 'amd64' ? 'x86_64' : 'arm64'

const SOURCES: Record<Alias, Source> = {
  'ubuntu-24.04': ubuntu('24.04', 'noble', 'gp3'),
  'ubuntu-22.04': ubuntu('22.04', 'jammy', 'gp2'),
  'debian-13': debian('13'),
  'debian-12': debian('12'),
  al2023: {
    parameter: architecture =>
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${amazonArchitecture(architecture)}`,
    owner: 'amazon',
    name: architecture => `al2023-ami-2023.*-kernel-*-${amazonArchitecture(architecture)}`,
  },
}

function ubuntu(version: string, codename: string, disk: string): Source {
  return {
    parameter: architecture =>
      `/aws/service/canonical/ubuntu/server/${version}/stable/current/${architecture}/hvm/ebs-${disk}/ami-id`,
    owner: CANONICAL,
    name: architecture => `ubuntu/images/hvm-ssd*/ubuntu-${codename}-${version}-${architecture}-server-*`,
  }
}

function debian(release: string): Source {
  return {
    parameter: architecture => `/aws/service/debian/release/${release}/latest/${architecture}`,
    owner: DEBIAN,
    name: architecture => `debian-${release}-${architecture}-*`,
  }
}

const isAlias = (text: string): text is Alias => Object.hasOwn(SOURCES, text)
export const isImageId = (text: string): boolean => /^[ae]mi-[0-9a-f]+$/i.test(text)

/** The image behind an alias or an id in this region, or why there is none. */
export async function findImage(
  api: AwsApi,
  wished: string,
  architecture: Architecture,
): Promise<ResolvedImage | {reason: string}> {
  if (isImageId(wished))
    return (
      (await imageById(api, wished)) ?? {
        reason: `Image ${wished} does not exist in this region, or these credentials may not use it.`,
      }
    )
  if (!isAlias(wished)) {
    const near = nearest(wished, IMAGE_ALIASES)
    return {
      reason: `Image "${wished}" is neither an id (ami-…) nor an alias mcd knows${near ? `: did you mean ${near}?` : ` (${IMAGE_ALIASES.join(', ')}).`}`,
    }
  }
  const source = SOURCES[wished]
  const arch = architecture === 'arm64' ? 'arm64' : 'amd64'
  const id = await parameter(api, source.parameter(arch))
  const named = id === undefined ? undefined : await imageById(api, id)
  if (named) return named
  const found = await describe(api, {
    Owners: [source.owner],
    Filters: [
      filter('name', source.name(arch)),
      filter('architecture', architecture),
      filter('state', 'available'),
    ],
  })
  return newest(found) ?? {reason: `No ${wished} image for ${architecture} was found in this region.`}
}

/** A private cloud has its own images: by id, by name, or by a name that holds the alias. */
export async function findPrivateImage(
  api: AwsApi,
  wished: string,
): Promise<ResolvedImage | {reason: string}> {
  if (isImageId(wished))
    return (await imageById(api, wished)) ?? {reason: `Image ${wished} does not exist in this cloud.`}
  const all = await describe(api, {})
  const exact = all.filter(({Name}) => Name === wished)
  const found = newest(exact.length > 0 ? exact : all.filter(({Name}) => Name?.includes(wished)))
  if (found) return found
  const near = nearest(
    wished,
    all.flatMap(({Name}) => Name ?? []),
  )
  return {
    reason: `This cloud has no image with the id or name "${wished}"${near ? `: did you mean ${near}?` : '.'}`,
  }
}

export async function imageById(api: AwsApi, id: string): Promise<ResolvedImage | undefined> {
  return newest(await describe(api, {Filters: [filter('image-id', id)]}))
}

type Search = {Owners?: string[]; Filters?: ReturnType<typeof filter>[]}

async function describe(api: AwsApi, search: Search): Promise<Image[]> {
  const pages = await allPages(token => api('DescribeImages', {...search, ...token}))
  return pages.flatMap(({Images}) => Images ?? [])
}

async function parameter(api: AwsApi, Name: string): Promise<string | undefined> {
  try {
    return (await api('GetParameter', {Name})).Parameter?.Value
  } catch (error) {
    // Not every public parameter is in every region, and EC2's own lists need no permission for SSM.
    if (isRefusal(error, 'ParameterNotFound') || error instanceof AuthError) return undefined
    throw error
  }
}

function newest(images: readonly Image[]): ResolvedImage | undefined {
  const [first] = [...images].sort((a, b) => ((a.CreationDate ?? '') > (b.CreationDate ?? '') ? -1 : 1))
  if (!first?.ImageId) return undefined
  const rootSizeGb = first.BlockDeviceMappings?.find(({DeviceName}) => DeviceName === first.RootDeviceName)
    ?.Ebs?.VolumeSize
  return {
    id: first.ImageId,
    name: first.Name ?? first.ImageId,
    rootDeviceName: first.RootDeviceName ?? '/dev/sda1',
    ...(rootSizeGb === undefined ? {} : {rootSizeGb}),
    ...(first.Architecture ? {architecture: first.Architecture} : {}),
  }
}
