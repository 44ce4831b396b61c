import {createHmac} from 'node:crypto'
import type {Desired} from '../../src/fleet/desired.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import type {Outside, Progress} from '../../src/fleet/outside.ts'
import {type RunResult, reconcile} from '../../src/fleet/reconcile.ts'
import type {Journal} from '../../src/journal/journal.ts'
import {memoryJournal} from '../../src/journal/memory.ts'
import {holdInstance, holdName} from '../../src/mark.ts'
import type {ComputeProvider, Place} from '../../src/providers/compute.ts'
import type {DnsProvider, DnsVendor, Member} from '../../src/providers/dns.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {Delays} from '../../src/sandbox/world/core.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {Guest} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld, type World} from '../../src/sandbox/world/world.ts'
import {SimulatedGuests, simulatedUserdata} from './simulated-guests.ts'
import {VirtualTime} from './virtual-runtime.ts'
import {worldCloudflareDns} from './world-cloudflare.ts'
import {worldEc2Compute} from './world-ec2.ts'
import {worldRoute53Dns} from './world-route53.ts'
import {worldTritonCompute} from './world-triton.ts'

const DEADLINE_MS = 10 * 60_000
const GUESTS_TOKEN = 'simulation-cloudflare-guests-token-00000'

export type RunSettings = {
  timeoutMs?: number
  allowEmpty?: boolean
  runtime?: Runtime
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
  /** The outside world as one run gets it; a test may put something between. */
  wrapOutside: (outside: Outside) => Outside = outside => outside
  /** Providers as the engine gets them, likewise. */
  wrapCompute: (provider: ComputeProvider) => ComputeProvider = provider => provider
  wrapDns: (provider: DnsProvider) => DnsProvider = provider => provider

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

  outside(fleet: Fleet, runtime: Runtime = this.time.runtime()): Outside {
    const compute = new Map<string, ComputeProvider>()
    const dns = new Map<DnsVendor, DnsProvider>()
    this.guests.script = this.#script(fleet)
    return this.wrapOutside({
      runtime,
      journal: this.journal,
      compute: place => memo(compute, place.key, () => this.wrapCompute(this.#compute(place, runtime))),
      dns: vendor => memo(dns, vendor, () => this.wrapDns(this.#dns(vendor, runtime))),
      probe: this.guests.probe,
      askNameServers: async (vendor, _zone, name) => [
        this.world[vendor]
          .answer(name, 'A')
          .answers.flatMap(({type, data}) => (type === 'A' ? [String(data)] : [])),
      ],
      userdata: {
        spec: () => fleet.userdata,
        render: () => {
          const bytes = simulatedUserdata(fleet.names.some(({registration}) => registration === 'self'))
          return {bytes, digest: key => createHmac('sha256', key).update(bytes).digest('hex')}
        },
      },
      instanceCredentialsTrouble: async () => undefined,
      progress: event => void this.progress.push(event),
    })
  }

  up(fleet: Fleet, options: RunSettings = {}): Promise<RunResult> {
    return this.#run(fleet, {kind: 'up'}, options)
  }

  down(
    fleet: Fleet,
    target: {groups?: string[]; instances?: string[]} = {},
    options: RunSettings = {},
  ): Promise<RunResult> {
    return this.#run(fleet, {kind: 'down', ...target}, options)
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

  #run(
    fleet: Fleet,
    goal: Desired['goal'],
    {timeoutMs = DEADLINE_MS, allowEmpty = false, runtime, death}: RunSettings,
  ): Promise<RunResult> {
    return this.time.run(() => {
      const run = reconcile(this.outside(fleet, runtime), fleet, {
        command: goal.kind,
        goal,
        timeoutMs,
        approve: async () => {},
        approval: {allowEmpty},
        identity: {version: '0.0.0', host: 'simulation', user: 'nobody', pid: 1},
        isRunning: () => false,
      })
      return death ? Promise.race([run, death]) : run
    })
  }

  #compute(place: Place, runtime: Runtime): ComputeProvider {
    return place.provider === 'aws'
      ? worldEc2Compute(this.world, place, runtime)
      : worldTritonCompute(this.world, place, runtime)
  }

  #dns(vendor: DnsVendor, runtime: Runtime): DnsProvider {
    return vendor === 'cloudflare'
      ? worldCloudflareDns(this.world, runtime)
      : worldRoute53Dns(this.world, runtime)
  }

  /** As an instance sees it, with credentials of its own. */
  #guestDns(vendor: DnsVendor): DnsProvider {
    const runtime = this.time.runtime()
    return vendor === 'cloudflare'
      ? worldCloudflareDns(this.world, runtime, GUESTS_TOKEN)
      : worldRoute53Dns(this.world, runtime, SANDBOX.aws.instances.accessKeyId)
  }

  /** What the registration script does, in the model's words: hold first, own record only. */
  #script(fleet: Fleet) {
    const own = (guest: Guest, name: string, ttlSeconds: number, vendor: DnsVendor): Member => ({
      name,
      type: 'A',
      value: guest.publicIp,
      ttlSeconds,
      mark: {
        fleet: fleet.name,
        group:
          fleet.groups.find(({place}) => (place.provider === 'aws') === (guest.cloud !== 'triton'))?.name ??
          'former',
        instance: guest.id,
      },
      ...(vendor === 'cloudflare' ? {proxied: false} : {}),
    })
    return {
      register: async (guest: Guest) => {
        for (const {vendor, zone: zoneName, name, ttlSeconds} of fleet.names) {
          const provider = this.#guestDns(vendor)
          const zone = await provider.findZone(zoneName)
          const members = await provider.listMembers(zone, [name, holdName(name)])
          if (members.some(({type, value}) => type === 'TXT' && holdInstance(value) === guest.id)) continue
          await provider.change(zone, {create: [own(guest, name, ttlSeconds, vendor)], remove: []})
        }
      },
      deregister: async (guest: Guest) => {
        for (const {vendor, zone: zoneName, name} of fleet.names) {
          const provider = this.#guestDns(vendor)
          const zone = await provider.findZone(zoneName)
          const mine = (await provider.listMembers(zone, [name])).filter(
            ({mark, type}) => type === 'A' && mark?.instance === guest.id,
          )
          if (mine.length > 0) await provider.change(zone, {create: [], remove: mine})
        }
      },
    }
  }
}

function memo<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
