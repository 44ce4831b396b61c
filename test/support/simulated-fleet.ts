import {createHmac} from 'node:crypto'
import type {Request} from '../../src/fleet/desire/course.ts'
import type {Desired} from '../../src/fleet/desired.ts'
import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import type {Outside, Progress, Userdata} from '../../src/fleet/outside.ts'
import {type RunOptions, type RunResult, reconcile} from '../../src/fleet/reconcile.ts'
import {type SyncNews, watchSync} from '../../src/fleet/watch-sync.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {holdInstance, holdName, markFromTags} from '../../src/mark.ts'
import type {ProcessIdentity} from '../../src/process-identity.ts'
import type {ComputeProvider, Place} from '../../src/providers/compute.ts'
import type {DnsProvider, DnsVendor, Member} from '../../src/providers/dns.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {Guest} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../src/sandbox/world/world.ts'
import {atOnce, type Carry} from './carry.ts'
import {SimulatedGuests, simulatedUserdata} from './simulated-guests.ts'
import {SimulatedReceivers} from './simulated-receivers.ts'
import {VirtualTime} from './virtual-runtime.ts'
import {worldCloudflareDns} from './world-cloudflare.ts'
import {worldEc2Compute} from './world-ec2.ts'
import {worldRoute53Dns} from './world-route53.ts'
import {worldTritonCompute} from './world-triton.ts'

const HOST = 'simulation'
const DEADLINE_MS = 10 * 60_000
const WATCH_INTERVAL_MS = 30_000
const GUESTS_TOKEN = 'simulation-cloudflare-guests-token-00000'

/** One run of mcd: how its commands are given, and what stands between it and everything outside. */
export type RunSettings = {
  timeoutMs?: number
  allowEmpty?: boolean
  /** `--allow-shrink`. */
  allowShrink?: boolean
  /** `--wait`. */
  wait?: boolean
  /** What `mcd replace` asks for. */
  request?: Request
  /** `--refresh-images`. */
  refreshImages?: boolean
  /** `--now`. */
  now?: boolean
  /** `--plan`. */
  expect?: NonNullable<RunOptions['expect']>
  /** Aborted by Ctrl-C. */
  signal?: AbortSignal
  /** Carries every call, sleep and append of the run. */
  carry?: Carry
  /** Its own journal, where it has another one than the fleet. */
  journal?: Journal
  /** Where it runs: processes of another host cannot be looked at. */
  host?: string
  /** Rejects when the run is killed: then nobody waits for it any more. */
  death?: Promise<never>
}

/** A whole world in memory with mcd's engine on top of it: no sockets, no real time. */
export class SimulatedFleet {
  readonly time: VirtualTime
  readonly guests: SimulatedGuests
  readonly world: World
  journal: Journal = memoryJournal()
  readonly progress: Progress[] = []
  readonly receivers = new SimulatedReceivers()
  /** The outside world as one run gets it; a test may put something between. */
  wrapOutside: (outside: Outside) => Outside = outside => outside
  /** Providers as the engine gets them, likewise. */
  wrapCompute: (provider: ComputeProvider) => ComputeProvider = provider => provider
  wrapDns: (provider: DnsProvider) => DnsProvider = provider => provider
  /** `<host> <pid>` of the runs that work now. */
  readonly #processes = new Set<string>()
  #lastPid = 0

  constructor({seed = 1, delays = {}}: {seed?: number; delays?: Partial<Delays>} = {}) {
    this.time = new VirtualTime({seed})
    this.guests = new SimulatedGuests(this.time.clock)
    this.world = createWorld({
      clock: this.time.clock,
      random: this.time.random,
      hypervisor: this.guests,
      delays,
    })
    this.world.route53.policies.set('instances', 'all')
    this.world.cloudflare.addToken({
      value: GUESTS_TOKEN,
      principal: 'instances',
      permissions: ['zone-read', 'dns-write'],
      zones: 'all',
    })
  }

  outside(fleet: Fleet, {carry = atOnce, signal, journal = this.journal}: RunSettings = {}): Outside {
    const compute = new Map<string, ComputeProvider>()
    const dns = new Map<DnsVendor, DnsProvider>()
    const time = this.time.runtime(signal)
    const runtime: Runtime = {
      ...time,
      sleep: (ms, cancel) => carry('sleep', () => time.sleep(ms, cancel)),
    }
    return this.wrapOutside({
      runtime,
      journal: carriedJournal(journal, carry),
      compute: place =>
        memo(compute, place.key, () => this.wrapCompute(this.#compute(place, runtime, carry))),
      dns: vendor => memo(dns, vendor, () => this.wrapDns(this.#dns(vendor, runtime, carry))),
      probe: target => carry('probe', () => this.guests.probe(target)),
      countConnections: target => carry('connections', () => this.guests.countConnections(target)),
      askNameServers: (vendor, zone, name, type) =>
        carry('dns:query', async () => {
          const {answers} = this.world[vendor].answer(name, type)
          const records = answers.flatMap(({type: of, data, ttlSeconds}) =>
            of === type ? [{value: String(data), ttlSeconds}] : [],
          )
          return [{server: zone.nameServers[0] ?? vendor, records}]
        }),
      askResolvers: async () => [],
      userdata: userdataOf(fleet),
      instanceCredentialsTrouble: async () => undefined,
      notify: (...message) => carry('notify', () => this.receivers.take(...message)),
      progress: event => void this.progress.push(event),
    })
  }

  up(fleet: Fleet, options: RunSettings = {}): Promise<RunResult> {
    return this.time.run(() => this.start(fleet, {kind: 'up'}, options))
  }

  /** `mcd replace`. */
  replace(
    fleet: Fleet,
    {kind = 'renew', ...targets}: Partial<Extract<Request, {kind: 'renew' | 'rollback'}>> = {},
    options: RunSettings = {},
  ): Promise<RunResult> {
    return this.up(fleet, {...options, request: {kind, ...targets}})
  }

  down(
    fleet: Fleet,
    target: {groups?: string[]; instances?: string[]} = {},
    options: RunSettings = {},
  ): Promise<RunResult> {
    return this.time.run(() => this.start(fleet, {kind: 'down', ...target}, options))
  }

  /** `mcd sync`, `mcd drain` and `mcd undrain`. */
  sync(fleet: Fleet, options: RunSettings = {}): Promise<RunResult> {
    return this.time.run(() => this.start(fleet, {kind: 'sync'}, options))
  }

  /** A run that works while whoever started it lets time pass: several may, side by side. */
  async start(
    fleet: Fleet,
    goal: Desired['goal'],
    {
      timeoutMs = DEADLINE_MS,
      allowEmpty = false,
      allowShrink = false,
      wait = false,
      host = HOST,
      death,
      request,
      refreshImages = false,
      now = false,
      expect,
      ...settings
    }: RunSettings = {},
  ): Promise<RunResult> {
    this.guests.script = this.#script(fleet)
    const {process, ends} = this.#begin(host)
    death?.catch(ends)
    const run = reconcile(this.outside(fleet, settings), fleet, {
      command: request ? 'replace' : goal.kind,
      goal,
      ...(request ? {request} : {}),
      refreshImages,
      now,
      timeoutMs,
      approve: async () => {},
      ...(expect ? {expect} : {}),
      approval: {allowEmpty, allowShrink},
      wait,
      ...this.#whoIs(host, process),
    }).finally(ends)
    return death ? Promise.race([run, death]) : run
  }

  /** `mcd sync --watch`, until the signal, while whoever started it lets time pass. */
  async watch(
    fleet: Fleet,
    tell: (news: SyncNews) => void,
    {host = HOST, allowEmpty = false, allowShrink = false, ...settings}: RunSettings = {},
  ): Promise<void> {
    const {process, ends} = this.#begin(host)
    await watchSync(
      {runtime: this.time.runtime(settings.signal)},
      {
        intervalMs: WATCH_INTERVAL_MS,
        timeoutMs: DEADLINE_MS,
        approval: {allowEmpty, allowShrink},
        ...this.#whoIs(host, process),
        open: async () => ({outside: this.outside(fleet, settings), fleet}),
        tell,
      },
    ).finally(ends)
  }

  /** A process of its own. */
  #begin(host: string): {process: ProcessIdentity; ends: () => void} {
    const process = {pid: ++this.#lastPid, startedAt: String(this.time.now()), bootId: host}
    const name = processName(process)
    this.#processes.add(name)
    return {process, ends: () => void this.#processes.delete(name)}
  }

  #whoIs(host: string, process: ProcessIdentity): Pick<RunOptions, 'identity' | 'isRunning'> {
    return {
      identity: {version: '0.0.0', host, user: 'nobody', pid: process.pid, process},
      isRunning: other => other.bootId === host && this.#processes.has(processName(other)),
    }
  }

  /** What stands under a name now, every vendor that the fleet names, read as mcd reads it. */
  async members(fleet: Fleet): Promise<Member[]> {
    const outside = this.outside(fleet)
    return this.time.run(async () => {
      const all = await Promise.all(
        fleet.names.map(async ({vendor, zone, name}) => {
          const provider = outside.dns(vendor)
          return provider.listMembers(await provider.findZone(zone), [name, holdName(name)])
        }),
      )
      return all.flat()
    })
  }

  #compute(place: Place, runtime: Runtime, carry: Carry): ComputeProvider {
    return place.provider === 'aws'
      ? worldEc2Compute(this.world, place, runtime, {carry})
      : worldTritonCompute(this.world, place, runtime, carry)
  }

  #dns(vendor: DnsVendor, runtime: Runtime, carry: Carry): DnsProvider {
    return vendor === 'cloudflare'
      ? worldCloudflareDns(this.world, runtime, SANDBOX.cloudflare.operatorToken, carry)
      : worldRoute53Dns(this.world, runtime, SANDBOX.aws.operator.accessKeyId, carry)
  }

  /** As an instance sees it, with credentials of its own. What is gone sends nothing any more, and hears nothing. */
  #guestDns(vendor: DnsVendor, guest: Guest): DnsProvider {
    const runtime = this.time.runtime()
    const carry: Carry = async (_call, send) => {
      if (!this.guests.isUp(guest)) return new Promise<never>(() => {})
      const answer = await send()
      return this.guests.isUp(guest) ? answer : new Promise<never>(() => {})
    }
    return vendor === 'cloudflare'
      ? worldCloudflareDns(this.world, runtime, GUESTS_TOKEN, carry)
      : worldRoute53Dns(this.world, runtime, SANDBOX.aws.instances.accessKeyId, carry)
  }

  /** As the guest was told at its launch, and carries in its mark. */
  #groupOf({id}: Guest): string {
    const machine = Object.entries(this.world.triton.machine(id)?.tags ?? {}).map(
      ([key, value]) => [key, String(value)] as const,
    )
    const tags = this.world.ec2.instance(id)?.tags
    const mark = tags
      ? markFromTags(Object.fromEntries(tags), 'mcd:')
      : markFromTags(Object.fromEntries(machine), 'mcd_')
    return mark?.group ?? 'former'
  }

  /** What the registration script does, in the model's words: hold first, own record only. */
  #script(fleet: Fleet) {
    const own = (guest: Guest, {name, ttlSeconds, vendor, routing}: DnsName): Member => ({
      name,
      type: 'A',
      value: guest.publicIp,
      ttlSeconds,
      mark: {
        fleet: fleet.name,
        group: this.#groupOf(guest),
        instance: guest.id,
      },
      ...(vendor === 'cloudflare' ? {proxied: false} : {}),
      ...(routing === 'multivalue' ? {} : {routing}),
      ...(routing === 'weighted' ? {weight: 1} : {}),
    })
    return {
      register: async (guest: Guest) => {
        for (const each of fleet.names) {
          const {vendor, zone: zoneName, name} = each
          const provider = this.#guestDns(vendor, guest)
          const zone = await provider.findZone(zoneName)
          const members = await provider.listMembers(zone, [name, holdName(name)])
          if (members.some(({type, value}) => type === 'TXT' && holdInstance(value) === guest.id)) continue
          await provider.change(zone, {create: [own(guest, each)], remove: []})
        }
      },
      deregister: async (guest: Guest) => {
        for (const {vendor, zone: zoneName, name} of fleet.names) {
          const provider = this.#guestDns(vendor, guest)
          const zone = await provider.findZone(zoneName)
          const mine = (await provider.listMembers(zone, [name, holdName(name)])).filter(
            ({mark, type}) => type === 'A' && mark?.instance === guest.id,
          )
          if (mine.length > 0) await provider.change(zone, {create: [], remove: mine})
        }
      },
    }
  }
}

const processName = ({bootId, pid}: ProcessIdentity): string => `${bootId} ${pid}`

/** An append is named by what it writes. */
function carriedJournal(journal: Journal, carry: Carry): Journal {
  return {
    read: (...after) => carry('journal:read', () => journal.read(...after)),
    append: (expected, events) => {
      const kinds = events.map(({event}) => event.type).join('+')
      return carry(`journal:append ${kinds}`, () => journal.append(expected, events))
    },
    loadSnapshot: version => carry('journal:read', () => journal.loadSnapshot(version)),
    saveSnapshot: snapshot => carry('journal:snapshot', () => journal.saveSnapshot(snapshot)),
    close: () => journal.close(),
  }
}

function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}

/** As the fleet file has it, without any rendering. */
function userdataOf(fleet: Fleet): Userdata {
  return {
    spec: () => fleet.userdata,
    render: () => {
      const bytes = simulatedUserdata(
        fleet.names.some(({registration}) => registration === 'self'),
        fleet.userdata.template,
      )
      return {bytes, digest: key => createHmac('sha256', key).update(bytes).digest('hex')}
    },
    freeze: () => ({userdata: fleet.userdata, service: fleet.service}),
    thaw: frozen => {
      const {userdata, service} = frozen as Pick<Fleet, 'userdata' | 'service'>
      return {userdata: userdataOf({...fleet, userdata, service}), metadata: {}, service, unset: []}
    },
  }
}
