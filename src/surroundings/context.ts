import {existsSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {connectionCount} from '../connections/count.ts'
import type {NameServer} from '../dns/query.ts'
import {type FleetSource, type ReadOptions, readFleetFile} from '../fleet/file/read.ts'
import {isLoopback} from '../fleet/file/receivers.ts'
import type {DnsName, Fleet, Group, InstanceCredentials} from '../fleet/model.ts'
import type {Outside, Progress} from '../fleet/outside.ts'
import type {FleetStatus} from '../fleet/status/report.ts'
import type {ComputeProvider} from '../providers/compute.ts'
import type {DnsProvider} from '../providers/dns.ts'
import {apiAddresses, computeProvider, dnsProvider, type Surroundings} from '../providers/registry.ts'
import {realRuntime} from '../runtime.ts'
import type {SandboxCredentials} from '../sandbox/client.ts'
import {Secret} from '../secret.ts'
import {openState} from '../state/open.ts'
import {loadTemplate} from '../userdata/template.ts'
import {type FleetUserdata, fleetUserdata} from './fleet-userdata.ts'
import {type AddressMap, healthProbe} from './health-probe.ts'
import {askEach} from './name-servers.ts'
import {sendWebhook} from './webhook.ts'

const WITHOUT_CURL =
  'curl is not installed, and the registration script needs it: in this sandbox mcd registers the instances itself.'
const WITHOUT_SSH =
  "The sandbox's machines have no ssh: here drain.quiet is left out, and instances end once resolvers have forgotten them. Give drain.counter to see it at work."
const WITHOUT_TLS =
  "The sandbox's machines serve plain HTTP: here the health check asks for its page by http instead of https."
const untold = (host: string): string =>
  `${host} is told nothing of the sandbox: notifications of a rehearsal go to receivers on this machine alone.`
/** The sandbox's own, in every region. */
const KEY_PAIR = 'sandbox'

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
  const {fleet, around, addressOf, isNewSandbox} = await surround(declared, {sandbox, signal, looks})
  const {runtime} = around
  const userdata = fleetUserdata(fleet, apiAddresses(around))
  const compute = new Map<string, ComputeProvider>()
  const dns = new Map<string, DnsProvider>()
  const {journal} = await openState(fleet, {sandbox, readOnly: mode === 'read'})
  const outside: Outside = {
    runtime,
    journal,
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

/** A production file runs unchanged: places, names and groups stay, endpoints and credentials become the sandbox's. */
async function inSandbox(declared: Fleet): Promise<{
  fleet: Fleet
  surroundings: Omit<Surroundings, 'runtime'>
  addressOf: AddressMap
  isNewSandbox: boolean
}> {
  const {surroundings, credentials, addressOf, isNewSandbox} = await openSandbox(dirname(declared.file))
  const {instances} = credentials
  const own = (value: string) => new Secret(value, 'sandbox')
  const theirs: Record<DnsName['vendor'], InstanceCredentials> = {
    cloudflare: {kind: 'token', token: own(instances.cloudflare.token)},
    route53: {
      kind: 'keys',
      accessKeyId: own(instances.route53.accessKeyId),
      secretAccessKey: own(instances.route53.secretAccessKey),
    },
  }
  const groups = declared.groups.map((group): Group => {
    // Profile and key pair are credentials too: names that only the real account knows.
    const {instanceProfile, keyPair, ...wish} = group.wish
    const standIns = {
      ...(instanceProfile === undefined ? {} : {instanceProfile: instances.instanceProfile}),
      ...(keyPair === undefined ? {} : {keyPair: KEY_PAIR}),
    }
    return {...group, wish: {...wish, ...standIns}}
  })
  // Where every group has a profile the file may rely on the instances' role, and so does the sandbox.
  const byRole = declared.groups.every(({wish}) => wish.instanceProfile !== undefined)
  const armed = declared.names.map(name =>
    name.vendor === 'route53' && byRole && name.instanceCredentials === undefined
      ? name
      : {...name, instanceCredentials: theirs[name.vendor]},
  )
  const unable = !onPath('curl') && armed.some(({registration}) => registration === 'self')
  // The machines here are processes of this machine: what it lacks, they lack (decision 41).
  const names = unable ? armed.map(name => ({...name, registration: 'mcd' as const})) : armed
  const {drainQuiet, service, notify = [], ...fleet} = declared
  // A rehearsal wakes nobody: what is told goes to this machine alone.
  const here = notify.filter(({url}) => isLoopback(new URL(url.reveal()).hostname))
  const {health} = service
  const withoutTls = health.protocol === 'https'
  const withoutSsh = drainQuiet?.by.kind === 'ssh'
  return {
    fleet: {
      ...fleet,
      service: withoutTls ? {...service, health: {...health, protocol: 'http'}} : service,
      ...(drainQuiet && !withoutSsh && {drainQuiet}),
      ...(here.length > 0 && {notify: here}),
      groups,
      names,
      warnings: [
        ...declared.warnings,
        ...(unable ? [WITHOUT_CURL] : []),
        ...(withoutSsh ? [WITHOUT_SSH] : []),
        ...(withoutTls ? [WITHOUT_TLS] : []),
        ...notify.filter(each => !here.includes(each)).map(({host}) => untold(host)),
      ],
    },
    addressOf,
    isNewSandbox,
    surroundings,
  }
}

/** The embedded clouds of a folder, started when they are not running, in place of the real ones. */
export async function openSandbox(folder: string): Promise<{
  surroundings: Required<Pick<Surroundings, 'sandbox'>>
  credentials: SandboxCredentials
  addressOf: AddressMap
  isNewSandbox: boolean
}> {
  const [{ensureSandbox, findSandbox}, {sandboxSurroundings}] = await Promise.all([
    import('../sandbox/client.ts'),
    import('../sandbox/surroundings.ts'),
  ])
  const running = await findSandbox(folder)
  const sandbox = running ?? (await ensureSandbox(folder))
  return {
    surroundings: sandboxSurroundings(sandbox),
    credentials: sandbox.credentials,
    addressOf: (address, port) => sandbox.addressOf(address, port),
    isNewSandbox: running === undefined,
  }
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

const onPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
