import {expect, test} from 'vitest'
import type {LaunchWish} from '../../../src/providers/compute.ts'
import {type Offer, resolveWish} from '../../../src/providers/joyent/resolve.ts'
import type {ApiImage, ApiPackage} from '../../../src/providers/joyent/shapes.ts'
import {wish} from '../../contract/joyent-scenes.ts'

const image = (id: string, name: string, version: string, more: Partial<ApiImage> = {}): ApiImage => ({
  id: `${id.repeat(8)}-0000-4000-8000-aaaaaaaaaaaa`,
  name,
  version,
  type: 'zvol',
  published_at: `2026-01-${version}T00:00:00Z`,
  ...more,
})
const pkg = (name: string, more: Partial<ApiPackage> = {}): ApiPackage => ({
  id: `id of ${name}`,
  name,
  memory: 512,
  brand: 'bhyve',
  ...more,
})

const OLD = image('a', 'ubuntu-24.04', '01')
const NEW = image('b', 'ubuntu-24.04', '20')
const CONTAINER = image('c', 'ubuntu-24.04', '30', {type: 'lx-dataset', requirements: {brand: 'lx'}})
const KVM_ONLY = image('d', 'debian-12', '25', {requirements: {brand: 'kvm'}})
const BOTH = image('e', 'debian-12', '10')
const CERTIFIED = image('f', 'ubuntu-certified-22.04', '10')
const BIG = image('1', 'debian-13', '10', {requirements: {min_memory: 1_024}})
const ZONE = image('2', 'base-64', '10', {type: 'zone-dataset'})

const OFFER: Offer = {
  datacenter: 'east-1',
  images: [CONTAINER, NEW, OLD, KVM_ONLY, BOTH, CERTIFIED, BIG, ZONE],
  packages: [
    pkg('g1.nano'),
    pkg('g1.micro', {memory: 1_024}),
    pkg('k1.nano', {brand: 'kvm'}),
    pkg('lx1', {brand: 'lx'}),
    pkg('sample', {brand: undefined as never}),
  ],
  networks: [
    {id: 'net-1', name: 'external', public: true},
    {id: 'net-2', name: 'fabric', public: false, subnet: '10.64.0.0/16'},
    {id: 'net-3', name: 'admin', public: true, subnet: '10.88.88.0/24'},
    {id: 'net-4', name: 'odd'},
  ],
}

function resolved(change: Partial<LaunchWish>) {
  const outcome = resolveWish(wish({open: [], ...change}), OFFER)
  return 'target' in outcome
    ? outcome.target
    : expect.unreachable(outcome.reasons.map(({text}) => text).join('; '))
}
function reasons(change: Partial<LaunchWish>): string[] {
  const outcome = resolveWish(wish({open: [], ...change}), OFFER)
  return 'reasons' in outcome ? outcome.reasons.map(({text}) => text) : expect.unreachable('it was accepted')
}

test.each<[string, Partial<LaunchWish>, ApiImage]>([
  ['a name is its newest disk image, though a container is newer', {}, NEW],
  ['a name with a version', {image: 'ubuntu-24.04@01'}, OLD],
  ['an id', {image: OLD.id}, OLD],
  ['the first 8 digits of an id, as the CLI prints them', {image: 'aaaaaaaa'}, OLD],
  ['a pinned image stays', {pinnedImageId: OLD.id}, OLD],
  ['an image for another hypervisor than the package is passed over', {image: 'debian-12'}, BOTH],
  ['it is taken for a package of its own', {image: 'debian-12', types: ['k1.nano']}, KVM_ONLY],
  ['a package of no brand takes any disk', {image: 'debian-12', types: ['sample']}, KVM_ONLY],
  ["Canonical's own name where the cloud has no other", {image: 'ubuntu-22.04'}, CERTIFIED],
  ['enough memory', {image: 'debian-13', types: ['g1.micro']}, BIG],
])('%s', (_rule, change, expected) => {
  expect(resolved(change).imageId).toBe(expected.id)
})

test('packages by name or id, networks by name or id, one zone named after the data centre', () => {
  const target = resolved({types: ['g1.micro', 'id of g1.nano'], networks: ['external', 'net-1']})
  expect(target.zones).toEqual([{name: 'east-1', types: ['g1.micro', 'id of g1.nano']}])
  expect(target.vendor).toEqual({
    packages: {'g1.micro': 'id of g1.micro', 'id of g1.nano': 'id of g1.nano'},
    networks: ['net-1', 'net-1'],
  })
  expect(target.imageName).toBe('ubuntu-24.04@20')
})

test.each<[string, string[], object | undefined]>([
  ['networks the cloud chooses', [], undefined],
  ['one of each', ['external', 'fabric'], undefined],
  ['private ones alone', ['fabric'], {public: expect.stringContaining('(fabric) is public')}],
  ['public ones alone', ['external'], {private: expect.stringContaining('(external) is private')}],
  ['one that a private cloud calls public', ['admin'], {public: expect.stringContaining('(admin)')}],
  ['one of which nothing is known', ['odd'], undefined],
])('%s decide which addresses there are', (_which, networks, without) => {
  expect(resolved({networks}).without).toEqual(without)
})

test.each<[string, Partial<LaunchWish>, RegExp]>([
  ['an unknown image', {image: 'ubuntu-24.40'}, /no image "ubuntu-24.40"; did you mean "ubuntu-24.04"\?/],
  [
    'an unknown version',
    {image: 'ubuntu-24.04@99'},
    /no image "ubuntu-24.04@99"; did you mean "ubuntu-24.04@\d+"\?/,
  ],
  ['an unknown package', {types: ['g1.nono']}, /no package "g1.nono"; did you mean "g1.nano"\?/],
  [
    'an unknown network, with what there is',
    {networks: ['xyz']},
    /no network "xyz"; there are: admin, external, fabric, odd\./,
  ],
  ['a container image', {image: 'base-64'}, /container image, which has no cloud-init/],
  ['a container package', {types: ['lx1']}, /for lx containers/],
  ['too little memory', {image: 'debian-13'}, /needs 1024 MiB of memory, package "g1.nano" has 512/],
  ['a pinned image that is gone', {pinnedImageId: 'gone'}, /no longer offered: name another image/],
  ['spot', {spot: true}, /"spot" does not exist/],
  ['a disk size', {diskGb: 10}, /the package decides/],
  ['subnets', {subnets: ['subnet-1']}, /use "networks"/],
  ['security groups', {securityGroups: ['sg-1']}, /use "open"/],
  ['an instance profile', {instanceProfile: 'p'}, /"instanceCredentials"/],
  ['a key pair', {keyPair: 'k'}, /every SSH key of the account/],
  ['more ports than a rule holds', {open: Array.from({length: 25}, (_, port) => port + 1)}, /at most 24/],
  ['metadata that CloudAPI drops', {metadata: {root_pw: 'x'}}, /"root_pw" would be dropped/],
])('%s is refused', (_what, change, reason) => {
  expect(reasons(change)).toEqual([expect.stringMatching(reason)])
})

test('everything is refused at once', () => {
  expect(reasons({image: 'x', types: ['y', 'z'], networks: ['n'], spot: true})).toHaveLength(5)
})
