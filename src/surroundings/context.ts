import type {NameServer} from '../dns/query.ts'
import {type FleetSource, type ReadOptions, readFleetFile} from '../fleet/file/read.ts'
import type {DnsName, Fleet} from '../fleet/model.ts'
import type {Outside, Progress} from '../fleet/outside.ts'
import type {FleetStatus} from '../fleet/status/report.ts'
import {byClock} from '../journal/shared-clock.ts'
import type {ComputeProvider} from '../providers/compute.ts'
import type {DnsProvider} from '../providers/dns.ts'
import {apiAddresses, computeProvider, dnsProvider, type Surroundings} from '../providers/registry.ts'
import {realRuntime} from '../runtime.ts'
import {openState} from '../state/open.ts'
import {loadTemplate} from '../userdata/template.ts'
import {connectionCount} from './connections/count.ts'
import {type FleetUserdata, fleetUserdata} from './fleet-userdata.ts'
import {type AddressMap, healthProbe} from './health-probe.ts'
import {inSandbox} from './in-sandbox.ts'
import {askEach} from './name-servers.ts'
import {sendWebhook} from './webhook.ts'

export type ContextOptions = FleetSource & {
  readonly sandbox: boolean
  /** 'read' leaves no trace: an absent journal reads as an empty one (law 9). */
  readonly journal: 'read' | 'write'
  readonly signal?: AbortSignal
  readonly progress?: (event: Progress) => void
  /** The fleet is what this makes of what the files say. */
  readonly edit?: NonNullable<ReadOptions['edit']>
  /** What must be right before anything is opened or asked: what instances register with, that the template can be filled. */
  readonly demands?: readonly ('instance-credentials' | 'template')[]
  /** Who is asked what clients are told; nobody unless given. */
  readonly resolvers?: readonly NameServer[]
  /** Nothing is changed: who does not answer is waited for less long. */
  readonly looks?: boolean
}

/** A fleet and the real world around it, or the sandbox's. */
export type Context = {
  readonly fleet: Fleet
  readonly outside: Outside
  readonly userdata: FleetUserdata
  readonly sandbox: boolean
  /** None was running: this one is new, and empty. */
  readonly isNewSandbox: boolean
  /** The status with where each instance is really served, where that is not its own address and port (decision 37). */
  locate(status: FleetStatus): Promise<FleetStatus>
  close(): Promise<void>
}

/** Builds the real providers, clock and journal from the fleet file and the environment; under `sandbox` every endpoint and credential is the sandbox's. */
export async function openContext({
  file,
  set = [],
  sandbox,
  journal: mode,
  signal,
  progress = () => {},
  edit,
  demands = [],
  resolvers = [],
  looks = false,
}: ContextOptions): Promise<Context> {
  const needsInstanceCredentials = demands.includes('instance-credentials')
  const declared = await readFleetFile(
    {file, set},
    {
      sandbox,
      // The sandbox keeps it beside the fleet file.
      opensState: !sandbox,
      loadTemplate,
      needsInstanceCredentials,
      ...(edit ? {edit} : {}),
    },
  )
  if (demands.includes('template')) checkTemplate(declared)
  const surroundings = await surround(declared, {sandbox, signal, looks})
  const {fleet, addressOf, isNewSandbox} = surroundings
  const userdata = fleetUserdata(fleet, apiAddresses(surroundings.around))
  const compute = new Map<string, ComputeProvider>()
  const dns = new Map<string, DnsProvider>()
  const {journal, isOurs} = await openState(fleet, {sandbox, readOnly: mode === 'read', signal})
  const runtime = byClock(surroundings.around.runtime, journal.clockAheadMs)
  const around = {...surroundings.around, runtime}
  const outside: Outside = {
    runtime,
    journal,
    isOurs,
    probe: healthProbe(runtime, addressOf),
    countConnections: connectionCount(runtime, addressOf),
    // Under the sandbox one server of its own stands for all of a zone's.
    askNameServers: (vendor, zone, name, type) => {
      const servers = around.sandbox
        ? [around.sandbox.nameServers[vendor]]
        : zone.nameServers.map(host => ({host}))
      return askEach(servers, name, type, {runtime})
    },
    askResolvers: (name, type) => askEach(resolvers, name, type, {runtime, recursive: true}),
    userdata,
    compute: place => kept(compute, place.key, () => computeProvider(place, around)),
    dns: vendor => kept(dns, vendor, () => dnsProvider(vendor, around)),
    instanceCredentialsTrouble: name => credentialsTrouble(name, around),
    notify: sendWebhook,
    progress,
  }
  return {
    fleet,
    outside,
    userdata,
    sandbox,
    isNewSandbox,
    locate: status => locate(status, fleet.service.port, addressOf),
    close: () => journal.close(),
  }
}

/** The real clock and the clouds around a fleet, nothing of them asked yet; or those of the sandbox, and the fleet as it is there. */
export async function surround(
  declared: Fleet,
  {
    sandbox,
    signal,
    looks = false,
  }: {readonly sandbox: boolean; readonly signal?: AbortSignal | undefined; readonly looks?: boolean},
): Promise<{
  fleet: Fleet
  around: Surroundings
  addressOf: AddressMap | undefined
  isNewSandbox: boolean
}> {
  const runtime = realRuntime(signal, {looks})
  if (!sandbox)
    return {
      fleet: declared,
      around: {runtime, limits: declared.limits},
      addressOf: undefined,
      isNewSandbox: false,
    }
  const {fleet, surroundings, addressOf, isNewSandbox} = await inSandbox(declared)
  return {fleet, around: {...surroundings, runtime, limits: fleet.limits}, addressOf, isNewSandbox}
}

/** Throws TemplateError where what a group's instances would run cannot be made of the template. */
function checkTemplate(fleet: Fleet): void {
  const {spec} = fleetUserdata(fleet)
  for (const group of fleet.groups) spec(group)
}

async function locate(
  status: FleetStatus,
  port: number,
  addressOf: AddressMap | undefined,
): Promise<FleetStatus> {
  if (!addressOf) return status
  const instances = await Promise.all(
    status.instances.map(async instance => {
      if (instance.state !== 'running' || instance.publicIp === undefined) return instance
      const served = await addressOf(instance.publicIp, port)
      const isElsewhere = served.host !== instance.publicIp || served.port !== port
      // Port 1 is where the sandbox sends what nobody serves.
      return isElsewhere && served.port !== 1
        ? {...instance, servedAt: `${served.host}:${served.port}`}
        : instance
    }),
  )
  return {...status, instances}
}

/** Tries the instances' own credentials on the name, reading only: what they are refused for is why nobody registered. */
async function credentialsTrouble(name: DnsName, around: Surroundings): Promise<string | undefined> {
  const {instanceCredentials, vendor, zone: zoneName} = name
  if (!instanceCredentials) return undefined
  try {
    const theirs = dnsProvider(vendor, around, instanceCredentials)
    const zone = await dnsProvider(vendor, around).findZone(zoneName)
    await theirs.listMembers(zone, [name.name])
    return undefined
  } catch (error) {
    return `The DNS credentials of the instances (dns.instanceCredentials) do not work: ${error instanceof Error ? error.message : String(error)}`
  }
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
