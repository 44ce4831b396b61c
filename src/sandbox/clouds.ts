import type {Addresses} from './machines/addresses.ts'
import {createMachines, type Machines, type MachinesMode} from './machines/hypervisor.ts'
import {awsWire} from './wire/aws.ts'
import {cloudapiWire} from './wire/cloudapi.ts'
import {cloudflareWire} from './wire/cloudflare.ts'
import {carried, type Wire} from './wire/http.ts'
import {metadataWire} from './wire/metadata.ts'
import {realClock} from './world/clock.ts'
import {SANDBOX} from './world/credentials.ts'
import {createWorld, type World} from './world/world.ts'

/** One world with its machines and the protocols that speak of it. A reset makes another. */
export type Clouds = {
  readonly world: World
  readonly machines: Machines
  readonly wires: {
    readonly aws: Wire
    readonly triton: Wire
    readonly cloudflare: Wire
    readonly metadata: Wire
  }
  revokeInstanceCredentials(): void
}

export type CloudsOptions = {
  readonly mode: MachinesMode
  readonly addresses: Addresses
  readonly machinesFolder: string
  readonly tritonPublicKey: string
  metadataUrlOf(id: string): string
  visited(): void
}

export function createClouds(options: CloudsOptions): Clouds {
  const {mode, addresses, machinesFolder, metadataUrlOf, visited} = options
  const machines = createMachines({mode, addresses, folder: machinesFolder, metadataUrlOf, visited})
  const world = createWorld({clock: realClock, random: Math.random, hypervisor: machines})
  const carry = world.calls.plan.carry.bind(world.calls.plan)
  // A production file names its own bucket, and runs here unchanged.
  world.s3.makesBuckets = true
  world.triton.account().addKey(options.tritonPublicKey)
  return {
    world,
    machines,
    wires: {
      aws: carried(carry, awsWire(world)),
      triton: carried(carry, cloudapiWire(world)),
      cloudflare: carried(carry, cloudflareWire(world)),
      metadata: metadataWire(world),
    },
    revokeInstanceCredentials() {
      world.cloudflare.revokeToken(SANDBOX.cloudflare.instancesToken)
      world.ec2.keys.revoke('instances')
    },
  }
}
