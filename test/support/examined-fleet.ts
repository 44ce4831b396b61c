import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {NameServer} from '../../src/dns/query.ts'
import {examineFleet} from '../../src/doctor/examine-fleet.ts'
import type {FleetFinding} from '../../src/doctor/finding.ts'
import type {DoctorOutside} from '../../src/doctor/outside.ts'
import {parseFleetFile} from '../../src/fleet/file/parse.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {openState} from '../../src/state/open.ts'
import {standingHere} from '../../src/state/this-run.ts'
import {consult} from '../../src/surroundings/consult.ts'
import {type ServedClouds, serveClouds} from './served-clouds.ts'

/** What the fleet file says otherwise. */
export type Written = {
  readonly virginia?: string
  readonly east?: string
  readonly dns?: string
  readonly userdata?: string
  readonly more?: string
}

const TOKEN = 'instanceCredentials: {token: "${env:T}"}'
const KEYS = 'instanceCredentials: {accessKeyId: "${env:A}", secretAccessKey: "${env:S}"}'
export const CLOUDFLARE = `{provider: cloudflare, zone: example.com, name: www, ${TOKEN}}`
export const ROUTE53 = `{provider: route53, zone: example.com, name: www, ${KEYS}}`

/** A healthy fleet over both clouds, unless told otherwise. */
const fleetFile = ({
  virginia = '',
  east = '',
  dns = CLOUDFLARE,
  userdata = '{template: nginx}',
  more = '',
}: Written): string =>
  `fleet: web
service: {port: 80}
userdata: ${userdata}
groups:
  virginia: ${setting({provider: 'aws', region: 'us-east-1', count: '2', type: 't3.micro', image: 'ubuntu-24.04'}, virginia)}
  east: ${setting({provider: 'joyent', endpoint: '"https://us-central-1.api.mnx.io"', count: '2', type: 'g1.nano', image: 'ubuntu-24.04'}, east)}
dns: ${dns}
${more}
`

/** `image: ami-1` in place of the image, `keyPair: k` beside the others. */
function setting(usual: Readonly<Record<string, string>>, other: string): string {
  const [, key = '', value = ''] = /^(\w+): (.*)$/.exec(other) ?? []
  const all = key === '' ? usual : {...usual, [key]: value}
  return `{${Object.entries(all)
    .map(([name, text]) => `${name}: ${text}`)
    .join(', ')}}`
}

export type Ward = {
  readonly clouds: ServedClouds
  readonly world: World
  /** Of the fleet file. */
  readonly folder: string
  /** Who is asked where the zone is delegated to; the zone's own servers while there are none. */
  readonly resolvers: NameServer[]
  fleet(written?: Written): Fleet
  /** Whom an examination asks. */
  outside(fleet: Fleet): DoctorOutside
  /** Everything found. What `over` gives is asked in place of the real thing. */
  examine(fleet?: Fleet, over?: Partial<DoctorOutside>): Promise<FleetFinding[]>
  close(): Promise<void>
}

/** Clouds in this process and a folder for a fleet file, to be examined by the real examiners. */
export async function openWard(options: {haste?: number} = {}): Promise<Ward> {
  const clouds = await serveClouds(options)
  const folder = mkdtempSync(join(tmpdir(), 'mcd-ward-'))
  const {accessKeyId, secretAccessKey} = SANDBOX.aws.instances
  const env = {
    T: SANDBOX.cloudflare.instancesToken,
    A: accessKeyId,
    S: secretAccessKey,
    BAD: 'token-of-nobody-0000000000000000000000000',
  }
  const ward: Ward = {
    clouds,
    world: clouds.world,
    folder,
    resolvers: [],
    fleet: (written = {}) =>
      parseFleetFile(fleetFile(written), join(folder, 'mcd.yaml'), {directory: folder, env}),
    outside: fleet =>
      consult(fleet, clouds.around, {
        resolvers: ward.resolvers,
        standing: standingHere,
        openState: () => openState(fleet, {sandbox: false, readOnly: true}),
      }),
    examine: (fleet = ward.fleet(), over = {}) => examineFleet({...ward.outside(fleet), ...over}, fleet),
    async close() {
      await clouds.close()
      rmSync(folder, {recursive: true, force: true})
    },
  }
  return ward
}
