import {CallLog} from './calls.ts'
import type {Clock} from './clock.ts'
import {CloudflareWorld} from './cloudflare.ts'
import {Ec2World} from './ec2.ts'
import type {Hypervisor} from './hypervisor.ts'
import {Route53World} from './route53.ts'
import {TritonWorld} from './triton.ts'

/** How long things take in this world, in milliseconds. Defaults are what the sandbox shows people; the simulation draws its own. */
export type Delays = {
  /** Launch accepted → running and booting. */
  bootMs: number
  /** Terminate accepted → shutting down has begun at the guest. */
  shutdownMs: number
  /** A guest that does not go down is cut off after this. */
  forceOffMs: number
  /** Launch accepted → visible to describes (eventual consistency). */
  visibleMs: number
  /** Triton: how far apart two creates with one name must be for the second to be refused (decision 29). */
  nameRaceMs: number
  /** Route53 change → INSYNC and served; CloudFlare change → served. */
  dnsServedMs: number
}

export const SANDBOX_DELAYS: Delays = {
  bootMs: 2_000,
  shutdownMs: 200,
  forceOffMs: 20_000,
  visibleMs: 300,
  nameRaceMs: 1_000,
  dnsServedMs: 1_000,
}

/** What every part of the world shares. */
export type Core = {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly calls: CallLog
  readonly hypervisor: Hypervisor
  readonly delays: Delays
}

/** The clouds and the DNS vendors as one strict model: no sockets, no real time. */
export type World = Core & {
  readonly ec2: Ec2World
  readonly triton: TritonWorld
  readonly cloudflare: CloudflareWorld
  readonly route53: Route53World
}

export function createWorld(
  options: Pick<Core, 'clock' | 'random' | 'hypervisor'> & {delays?: Partial<Delays>},
): World {
  const core: Core = {
    clock: options.clock,
    random: options.random,
    hypervisor: options.hypervisor,
    calls: new CallLog(options.clock),
    delays: {...SANDBOX_DELAYS, ...options.delays},
  }
  return {
    ...core,
    ec2: new Ec2World(core),
    triton: new TritonWorld(core),
    cloudflare: new CloudflareWorld(core),
    route53: new Route53World(core),
  }
}
