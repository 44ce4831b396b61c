import type {CallLog} from './calls.ts'
import type {Clock} from './clock.ts'
import type {Hypervisor} from './hypervisor.ts'

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
