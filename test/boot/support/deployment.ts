import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Desired} from '../../../src/fleet/desired.ts'
import {readFleetFile} from '../../../src/fleet/file/read.ts'
import type {Fleet} from '../../../src/fleet/model.ts'
import type {Outside} from '../../../src/fleet/outside.ts'
import {type RunResult, reconcile} from '../../../src/fleet/reconcile.ts'
import {fleetUserdata} from '../../../src/fleet-userdata.ts'
import type {Journal} from '../../../src/journal/journal.ts'
import {memoryJournal} from '../../../src/journal/memory.ts'
import type {ComputeProvider, InstanceState} from '../../../src/providers/compute.ts'
import type {DnsProvider, Member} from '../../../src/providers/dns.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {loadTemplate} from '../../../src/userdata/template.ts'
import {worldCloudflareDns} from '../../support/world-cloudflare.ts'
import {worldEc2Compute} from '../../support/world-ec2.ts'
import {worldRoute53Dns} from '../../support/world-route53.ts'
import {worldTritonCompute} from '../../support/world-triton.ts'
import type {Boot, Difficulties} from './boot.ts'
import type {DataCenter} from './data-center.ts'

export type Form = 'cloud-config' | 'shell'
export type Provider = 'aws' | 'joyent'
export type Vendor = 'cloudflare' | 'route53'
export type Kind = {readonly form: Form; readonly provider: Provider; readonly vendor: Vendor}

export const TTL_SECONDS = 60
export const FOREIGN_ADDRESS = '203.0.113.99'
export const FOREIGN_TTL_SECONDS = 120
const RUN_LIMIT_MS = 5 * 60_000
const THROTTLED_MS = 500

/** One fleet of one instance: its file, mcd's engine on it, and the boot as the cloud side sees it. */
export type Deployment = {
  readonly fleet: Fleet
  readonly boot: Boot
  up(timeoutMs?: number): Promise<RunResult>
  down(): Promise<RunResult>
  /** What stands under the fleet's name, read as mcd reads it. */
  members(): Promise<Member[]>
  /** As somebody does it in the cloud's own console, behind mcd's back. */
  reboot(): void
  terminate(): Promise<void>
  /** As the cloud tells it; `gone` also where it shows the instance no more. */
  cloudState(): Promise<InstanceState>
}

/** `folder` takes the fleet file. A record of somebody else's stands under the name before anything begins. */
export async function deploy(
  center: DataCenter,
  folder: string,
  {form, provider, vendor}: Kind,
  difficulties: Difficulties = {},
): Promise<Deployment> {
  const {world, runtime} = center
  const name = `${form === 'shell' ? 'sh' : 'yaml'}-${provider}-${vendor}`
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, fleetFile(name, form, provider, vendor))
  const fleet = await readFleetFile(file, {loadTemplate, env: INSTANCE_VARIABLES})
  const dns: DnsProvider =
    vendor === 'cloudflare' ? worldCloudflareDns(world, runtime) : worldRoute53Dns(world, runtime)
  const zone = await dns.findZone(SANDBOX.zone)
  await plantForeign(center, vendor, fleet.dns)
  const boot = center.expect(fleet, Object.values(INSTANCE_VARIABLES).filter(isSecret), difficulties)
  const compute = new Map<string, ComputeProvider>()
  const journal = memoryJournal()
  const outside: Outside = {
    ...surroundings(center, journal),
    compute: place => {
      const known =
        compute.get(place.key) ??
        (place.provider === 'aws'
          ? worldEc2Compute(world, place, runtime)
          : worldTritonCompute(world, place, runtime))
      compute.set(place.key, known)
      return known
    },
    dns: () => dns,
    userdata: fleetUserdata(fleet),
  }
  return {
    fleet,
    boot,
    up: timeoutMs => run(outside, fleet, {kind: 'up'}, timeoutMs),
    down: () => run(outside, fleet, {kind: 'down'}),
    members: () => dns.listMembers(zone, [fleet.dns]),
    reboot: () => reboot(center, boot),
    async terminate() {
      const [group] = fleet.groups
      if (group && boot.guest) await outside.compute(group.place).terminate([boot.guest.id])
    },
    async cloudState() {
      const [group] = fleet.groups
      const shown = group ? await outside.compute(group.place).listInstances(fleet.name) : []
      return shown.find(({id}) => id === boot.guest?.id)?.state ?? 'gone'
    },
  }
}

/** The sandbox's own credentials for instances, given as a user gives theirs. */
const INSTANCE_VARIABLES = {
  BOOT_DNS_TOKEN: SANDBOX.cloudflare.instancesToken,
  BOOT_KEY_ID: SANDBOX.aws.instances.accessKeyId,
  BOOT_KEY_SECRET: SANDBOX.aws.instances.secretAccessKey,
}
const isSecret = (value: string) => value !== INSTANCE_VARIABLES.BOOT_KEY_ID

/** As the README shows it: no word in it about a test. */
function fleetFile(name: string, form: Form, provider: Provider, vendor: Vendor): string {
  const hasRole = provider === 'aws' && vendor === 'route53'
  const group =
    provider === 'aws'
      ? `{provider: aws, region: us-east-1, count: 1, type: t3.micro, image: debian-12${hasRole ? `, instanceProfile: ${SANDBOX.aws.instanceProfile}` : ''}}`
      : '{provider: joyent, endpoint: "https://us-central-1.api.mnx.io", count: 1, type: g1.nano, image: debian-12, networks: [external]}'
  const credentials =
    vendor === 'cloudflare'
      ? 'instanceCredentials: {token: "${env:BOOT_DNS_TOKEN}"}'
      : 'instanceCredentials: {accessKeyId: "${env:BOOT_KEY_ID}", secretAccessKey: "${env:BOOT_KEY_SECRET}"}'
  return `fleet: ${name}
service: {port: 80, health: {path: /, interval: 1s, timeout: 5s, healthy: 1}}
userdata:
  template: ${form === 'shell' ? 'nginx/userdata.sh' : 'nginx'}
  vars: {title: "It's <booted> & \\"quoted\\" $(touch /canary) \`touch /canary\`"}
groups:
  here: ${group}
dns:
  provider: ${vendor}
  zone: ${SANDBOX.zone}
  name: ${name}
  ttl: ${TTL_SECONDS}s
${hasRole ? '' : `  ${credentials}\n`}`
}

function surroundings(
  {world, runtime, probe}: DataCenter,
  journal: Journal,
): Pick<
  Outside,
  | 'runtime'
  | 'journal'
  | 'probe'
  | 'askNameServers'
  | 'askResolvers'
  | 'instanceCredentialsTrouble'
  | 'progress'
> {
  return {
    runtime,
    journal,
    probe,
    askNameServers: async (vendor, _zone, name, type) => {
      const {answers} = world[vendor].answer(name, type)
      const records = answers.flatMap(({type: of, data, ttlSeconds}) =>
        of === type ? [{value: String(data), ttlSeconds}] : [],
      )
      return [{server: vendor, records}]
    },
    askResolvers: async () => [],
    instanceCredentialsTrouble: async () => undefined,
    progress: () => undefined,
  }
}

function run(
  outside: Outside,
  fleet: Fleet,
  goal: Desired['goal'],
  timeoutMs = RUN_LIMIT_MS,
): Promise<RunResult> {
  return reconcile(outside, fleet, {
    command: goal.kind,
    goal,
    timeoutMs,
    wait: false,
    approve: async () => undefined,
    approval: {allowEmpty: false},
    identity: {version: '0.0.0', host: 'boot', user: 'nobody', pid: process.pid},
    isRunning: () => false,
  })
}

function reboot({world}: DataCenter, {guest}: Boot): void {
  if (!guest) throw new Error('nothing was booted')
  const principal = {name: 'operator'}
  if (guest.cloud === 'triton')
    world.triton.session(SANDBOX.triton.account, principal).machines.act(guest.id, {action: 'reboot'})
  else world.ec2.call({principal, region: 'us-east-1'}, 'RebootInstances', {instanceIds: [guest.id]})
}

/** Under Route53 as a multivalue set without our mark: the only kind that may stand beside ours. */
async function plantForeign({world, runtime}: DataCenter, vendor: Vendor, name: string): Promise<void> {
  if (vendor === 'cloudflare') {
    const zone = world.cloudflare.zone(SANDBOX.zone)
    world.cloudflare.createRecord({token: SANDBOX.cloudflare.operatorToken}, zone?.id ?? '', {
      type: 'A',
      name,
      content: FOREIGN_ADDRESS,
      ttl: FOREIGN_TTL_SECONDS,
      comment: 'by hand',
    })
    return
  }
  const zone = world.route53.zone(SANDBOX.zone)
  const recordSet = {
    name,
    type: 'A',
    setIdentifier: 'by hand',
    multiValueAnswer: true,
    ttlSeconds: FOREIGN_TTL_SECONDS,
    values: [FOREIGN_ADDRESS],
  }
  for (;;) {
    try {
      world.route53.changeRecordSets({name: 'operator'}, zone?.id ?? '', [{action: 'CREATE', recordSet}])
      return
    } catch (error) {
      // The account's five requests a second are shared with the instances that boot meanwhile.
      if (!(error instanceof VendorError && error.code === 'Throttling')) throw error
      await runtime.sleep(THROTTLED_MS)
    }
  }
}
