import {createHash} from 'node:crypto'
import {SANDBOX} from '../credentials.ts'
import type {Image, InstanceType} from './model.ts'

/** Regions as they are, so that a file written for any of them can be tried here. */
const AWS_REGIONS =
  'us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 ca-west-1 sa-east-1 mx-central-1 eu-central-1 eu-central-2 eu-west-1 eu-west-2 eu-west-3 eu-north-1 eu-south-1 eu-south-2 ap-east-1 ap-south-1 ap-south-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-7 me-south-1 me-central-1 il-central-1 af-south-1'.split(
    ' ',
  )
/** Zones of a region that has other than three. */
const ZONE_LETTERS: Record<string, string> = {'us-east-1': 'abcdef', 'us-west-2': 'abcd'}

/** Availability zones of a region; undefined when there is no such region. */
export function zonesOf(region: string): string[] | undefined {
  if (region === SANDBOX.eucalyptusRegion) return ['one', 'two']
  if (!AWS_REGIONS.includes(region)) return undefined
  return [...(ZONE_LETTERS[region] ?? 'abc')].map(letter => `${region}${letter}`)
}

const type = (name: string, vcpus: number, memoryMib: number): InstanceType => ({
  name,
  vcpus,
  memoryMib,
  architecture: /^(t4g|[a-z]\d+g[a-z]*)\./.test(name) ? 'arm64' : 'x86_64',
})

const TYPES: readonly InstanceType[] = [
  type('t2.micro', 1, 1024),
  type('t2.small', 1, 2048),
  type('t2.medium', 2, 4096),
  ...['t3', 't3a', 't4g'].flatMap(family => [
    type(`${family}.nano`, 2, 512),
    type(`${family}.micro`, 2, 1024),
    type(`${family}.small`, 2, 2048),
    type(`${family}.medium`, 2, 4096),
    type(`${family}.large`, 2, 8192),
  ]),
  ...['m5', 'm6i', 'm7i', 'm7g'].map(family => type(`${family}.large`, 2, 8192)),
  ...['c5', 'c6i', 'c7i', 'c7g'].map(family => type(`${family}.large`, 2, 4096)),
  ...['r5', 'r6i', 'r7g'].map(family => type(`${family}.large`, 2, 16_384)),
  type('m5.xlarge', 4, 16_384),
  type('c5.xlarge', 4, 8192),
]

const EUCALYPTUS_TYPES: readonly InstanceType[] = [
  type('t1.micro', 1, 256),
  type('m1.small', 1, 512),
  type('m1.medium', 1, 1024),
  type('m1.large', 2, 1024),
]

export const typesOf = (region: string): readonly InstanceType[] =>
  region === SANDBOX.eucalyptusRegion ? EUCALYPTUS_TYPES : TYPES

/** Real regions have old zones without newer types; these stand for them. */
const NOT_OFFERED: Record<string, RegExp> = {
  'us-east-1e': /^(t3|t3a|t4g|m6i|m7i|m7g|c6i|c7i|c7g|r6i|r7g)\./,
  'us-west-2d': /^(t4g|m7g|c7g|r7g)\./,
}

export const offered = (zone: string, typeName: string): boolean => !NOT_OFFERED[zone]?.test(typeName)

const CANONICAL = '099720109477'
const DEBIAN = '136693071363'
const AMAZON = '137112412989'

type ImageLine = {
  alias: string
  name: (architecture: 'amd64' | 'arm64', date: string) => string
  ownerId: string
  ownerAlias?: string
  root: string
  /** The public SSM parameter that names the newest one. */
  parameter?: (architecture: 'amd64' | 'arm64') => string
}

const x86 = (architecture: 'amd64' | 'arm64'): string => (architecture === 'amd64' ? 'x86_64' : architecture)

const LINES: readonly ImageLine[] = [
  {
    alias: 'ubuntu-24.04',
    name: (arch, date) => `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${arch}-server-${date}`,
    ownerId: CANONICAL,
    root: '/dev/sda1',
    parameter: arch => `/aws/service/canonical/ubuntu/server/24.04/stable/current/${arch}/hvm/ebs-gp3/ami-id`,
  },
  {
    alias: 'ubuntu-22.04',
    name: (arch, date) => `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${arch}-server-${date}`,
    ownerId: CANONICAL,
    root: '/dev/sda1',
    parameter: arch => `/aws/service/canonical/ubuntu/server/22.04/stable/current/${arch}/hvm/ebs-gp2/ami-id`,
  },
  {
    alias: 'debian-12',
    name: (arch, date) => `debian-12-${arch}-${date}-2000`,
    ownerId: DEBIAN,
    root: '/dev/xvda',
    parameter: arch => `/aws/service/debian/release/12/latest/${arch}`,
  },
  {
    alias: 'debian-13',
    name: (arch, date) => `debian-13-${arch}-${date}-2000`,
    ownerId: DEBIAN,
    root: '/dev/xvda',
    parameter: arch => `/aws/service/debian/release/13/latest/${arch}`,
  },
  {
    alias: 'al2023',
    name: (arch, date) => `al2023-ami-2023.9.${date}.0-kernel-6.1-${x86(arch)}`,
    ownerId: AMAZON,
    ownerAlias: 'amazon',
    root: '/dev/xvda',
    parameter: arch => `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${x86(arch)}`,
  },
]

/** Public parameters that a region lacks: "not every public parameter is in every Region". */
const NO_PARAMETER: Record<string, readonly string[]> = {'eu-west-1': ['debian-13']}

const RELEASES = ['20260601', '20260915'] as const

/** The images of a region, older ones included, and the public SSM parameters that name the newest. */
export function imagesOf(region: string): {images: Image[]; parameters: Map<string, string>} {
  if (region === SANDBOX.eucalyptusRegion) return {images: EUCALYPTUS_IMAGES, parameters: new Map()}
  const parameters = new Map<string, string>()
  const images = LINES.flatMap(line =>
    (['amd64', 'arm64'] as const).flatMap(arch =>
      RELEASES.map(date => {
        const built = image(region, line, arch, date)
        if (line.parameter && !NO_PARAMETER[region]?.includes(line.alias))
          parameters.set(line.parameter(arch), built.id)
        return built
      }),
    ),
  )
  return {images, parameters}
}

function image(region: string, line: ImageLine, arch: 'amd64' | 'arm64', date: string): Image {
  const name = line.name(arch, date)
  return {
    id: `ami-${hexOf(`${region} ${name}`)}`,
    name,
    description: `${line.alias} ${arch}, build ${date}`,
    ownerId: line.ownerId,
    ...(line.ownerAlias === undefined ? {} : {ownerAlias: line.ownerAlias}),
    architecture: arch === 'amd64' ? 'x86_64' : 'arm64',
    creationDate: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T06:00:00.000Z`,
    rootDeviceName: line.root,
    rootSnapshotId: `snap-${hexOf(`snapshot ${region} ${name}`)}`,
    rootSizeGb: 8,
  }
}

/** A private cloud has what its operators registered, under names of their own and `emi-` ids. */
const EUCALYPTUS_IMAGES: Image[] = [
  'ubuntu-24.04-server',
  'ubuntu-22.04-server',
  'debian-12-generic',
  'debian-13-generic',
].map(name => ({
  id: `emi-${hexOf(name).slice(0, 8)}`,
  name: `${name}-amd64`,
  description: name,
  ownerId: SANDBOX.aws.account,
  architecture: 'x86_64',
  creationDate: '2026-09-15T06:00:00.000Z',
  rootDeviceName: '/dev/sda',
  rootSnapshotId: `snap-${hexOf(`snapshot ${name}`).slice(0, 8)}`,
  rootSizeGb: 8,
}))

function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 17)
}
