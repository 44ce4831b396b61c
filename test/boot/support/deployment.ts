import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {readFleetFile} from '../../../src/fleet/file/read.ts'
import type {Fleet} from '../../../src/fleet/model.ts'
import type {Outside} from '../../../src/fleet/outside.ts'
import {type RunOptions, type RunResult, reconcile} from '../../../src/fleet/reconcile.ts'
import type {Journal} from '../../../src/journal/journal.ts'
import {memoryJournal} from '../../../src/journal/memory.ts'
import {holdName, holdValue} from '../../../src/mark.ts'
import type {ComputeProvider, InstanceState} from '../../../src/providers/compute.ts'
import type {DnsProvider, Member} from '../../../src/providers/dns.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {fleetUserdata} from '../../../src/surroundings/fleet-userdata.ts'
import {loadTemplate} from '../../../src/userdata/template.ts'
import {worldCloudflareDns} from '../../support/world-cloudflare.ts'
import {worldEc2Compute} from '../../support/world-ec2.ts'
import {worldRoute53Dns} from '../../support/world-route53.ts'
import {worldTritonCompute} from '../../support/world-triton.ts'
import type {Boot, Difficulties} from './boot.ts'
import {type Content, contentOf} from './content.ts'
import type {DataCenter} from './data-center.ts'
import {
  fleetFile,
  INSTANCE_SECRETS,
  INSTANCE_VARIABLES,
  type Kind,
  nameOf,
  type Vendor,
} from './fleet-file.ts'

export const FOREIGN_ADDRESS = '203.0.113.99'
export const FOREIGN_TTL_SECONDS = 120
const RUN_LIMIT_MS = 5 * 60_000
const THROTTLED_MS = 500

/** One fleet of one instance: its file, mcd's engine on it, and the boot as the cloud side sees it. */
export type Deployment = {
  readonly fleet: Fleet
  readonly boot: Boot
  readonly content: Content
  up(timeoutMs?: number): Promise<RunResult>
  down(): Promise<RunResult>
  /** DNS alone; the only address of the fleet may leave. */
  sync(): Promise<RunResult>
  drain(): Promise<RunResult>
  undrain(): Promise<RunResult>
  /** What stands under the fleet's name, read as mcd reads it. */
  members(): Promise<Member[]>
  /** What stands under other names of the zone. */
  membersAt(...names: readonly string[]): Promise<Member[]>
  /** As mcd takes out whom nobody has drained, and lets them in again. */
  holdOut(): Promise<void>
  letIn(): Promise<void>
  terminate(): Promise<void>
  /** As the cloud tells it; `gone` also where it shows the instance no more. */
  cloudState(): Promise<InstanceState>
}

/** `folder` takes the fleet file. A record of somebody else's stands under the name before anything begins. */
export async function deploy(
  center: DataCenter,
  folder: string,
  kind: Kind,
  difficulties: Difficulties = {},
): Promise<Deployment> {
  const {world, runtime} = center
  const {vendor} = kind
  const content = contentOf(kind.content, kind.form, center.supplies)
  const file = join(folder, `${nameOf(kind)}.yaml`)
  writeFileSync(file, fleetFile(kind, content))
  const fleet = await readFleetFile(file, {loadTemplate, env: {...INSTANCE_VARIABLES, ...content.env}})
  const dns: DnsProvider =
    vendor === 'cloudflare' ? worldCloudflareDns(world, runtime) : worldRoute53Dns(world, runtime)
  const zone = await dns.findZone(SANDBOX.zone)
  await plantForeign(center, vendor, fleet.dns)
  const boot = center.expect(fleet, [...INSTANCE_SECRETS, ...content.secrets], difficulties)
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
  const members = (...names: readonly string[]) => dns.listMembers(zone, names)
  return {
    fleet,
    boot,
    content,
    up: timeoutMs => run(outside, fleet, {goal: {kind: 'up'}}, timeoutMs),
    down: () => run(outside, fleet, {goal: {kind: 'down'}}),
    sync: () => run(outside, fleet, {goal: {kind: 'sync'}}),
    drain: () => run(outside, fleet, {goal: {kind: 'sync'}, request: {kind: 'drain', until: 'removed'}}),
    undrain: () => run(outside, fleet, {goal: {kind: 'sync'}, request: {kind: 'undrain'}}),
    members: () => members(fleet.dns),
    membersAt: members,
    async holdOut() {
      const ours = (await members(fleet.dns)).filter(({mark}) => mark !== undefined)
      await dns.change(zone, {create: ours.map(member => holdFor(member, vendor)), remove: ours})
    },
    async letIn() {
      const holds = await members(holdName(fleet.dns))
      await dns.change(zone, {create: [], remove: holds.filter(({type}) => type === 'TXT')})
    },
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

function surroundings(
  {world, runtime, probe}: DataCenter,
  journal: Journal,
): Pick<
  Outside,
  | 'runtime'
  | 'journal'
  | 'probe'
  | 'countConnections'
  | 'askNameServers'
  | 'askResolvers'
  | 'instanceCredentialsTrouble'
  | 'notify'
  | 'progress'
> {
  return {
    runtime,
    journal,
    probe,
    countConnections: async () => ({why: 'nobody asks these'}),
    askNameServers: async (vendor, _zone, name, type) => {
      const {answers} = world[vendor].answer(name, type)
      const records = answers.flatMap(({type: of, data, ttlSeconds}) =>
        of === type ? [{value: String(data), ttlSeconds}] : [],
      )
      return [{server: vendor, records}]
    },
    askResolvers: async () => [],
    instanceCredentialsTrouble: async () => undefined,
    notify: async () => ({ok: true}),
    progress: () => undefined,
  }
}

function run(
  outside: Outside,
  fleet: Fleet,
  course: Pick<RunOptions, 'goal' | 'request'>,
  timeoutMs = RUN_LIMIT_MS,
): Promise<RunResult> {
  return reconcile(outside, fleet, {
    command: course.request?.kind ?? course.goal.kind,
    ...course,
    timeoutMs,
    wait: false,
    approve: async () => undefined,
    approval: course.goal.kind === 'sync' ? {allowEmpty: true, allowShrink: true} : {allowEmpty: false},
    identity: {version: '0.0.0', host: 'boot', user: 'nobody', pid: process.pid},
    isRunning: () => false,
  })
}

function holdFor({name, ttlSeconds, mark}: Member, vendor: Vendor): Member {
  if (!mark) throw new Error(`${name} has no mark`)
  return {
    name: holdName(name),
    type: 'TXT',
    value: holdValue(mark.instance),
    ttlSeconds,
    mark,
    ...(vendor === 'cloudflare' ? {proxied: false} : {}),
  }
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
