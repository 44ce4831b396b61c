import {existsSync} from 'node:fs'
import {delimiter, dirname, join} from 'node:path'
import {isLoopback} from '../fleet/file/receivers.ts'
import type {DnsName, Fleet, Group, InstanceCredentials} from '../fleet/model.ts'
import type {Surroundings} from '../providers/registry.ts'
import type {SandboxCredentials} from '../sandbox/running.ts'
import {Secret} from '../secret.ts'
import type {AddressMap} from './health-probe.ts'

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

/** A production file runs unchanged: places, names and groups stay, endpoints and credentials become the sandbox's. */
export async function inSandbox(declared: Fleet): Promise<{
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

const onPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)))
