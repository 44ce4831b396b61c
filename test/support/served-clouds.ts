import type {Surroundings} from '../../src/providers/registry.ts'
import {type Runtime, realRuntime} from '../../src/runtime.ts'
import {awsWire} from '../../src/sandbox/wire/aws.ts'
import {cloudapiWire} from '../../src/sandbox/wire/cloudapi.ts'
import {cloudflareWire} from '../../src/sandbox/wire/cloudflare.ts'
import {serveDns} from '../../src/sandbox/wire/dns.ts'
import {carried, listen} from '../../src/sandbox/wire/http.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {generateTritonKey} from '../../src/sandbox/world/triton/ssh-key.ts'
import {createWorld, type World} from '../../src/sandbox/world/world.ts'
import {Secret} from '../../src/secret.ts'

export type ServedClouds = {
  readonly world: World
  /** What makes the adapters talk to them. */
  readonly around: Surroundings
  close(): Promise<void>
}

/** Real time, but nobody pauses for long before the next attempt. What can be called off is the limit of an answer, and stays. */
function hastyRuntime(haste: number): Runtime {
  const runtime = realRuntime()
  return {
    ...runtime,
    sleep: (ms, cancel) => runtime.sleep(cancel ? ms : ms / haste, cancel),
  }
}

/** Made once: an RSA key takes a while. */
const key = generateTritonKey()

/**
 * All clouds and DNS vendors of a sandbox in this process, over their real protocols, with machines that do nothing. Whoever is
 * throttled, as Route53 does after five calls, needs less haste.
 */
export async function serveClouds({haste = 100}: {haste?: number} = {}): Promise<ServedClouds> {
  const delays = {bootMs: 0, shutdownMs: 0, visibleMs: 0, dnsServedMs: 0}
  const world = createWorld({clock: realClock, random: Math.random, hypervisor: idleHypervisor(), delays})
  world.triton.account().addKey(key.publicKeyOpenSsh)
  world.s3.makesBuckets = true
  const carry = world.calls.plan.carry.bind(world.calls.plan)
  const aws = await listen(carried(carry, awsWire(world)))
  const triton = await listen(carried(carry, cloudapiWire(world)))
  const cloudflare = await listen(carried(carry, cloudflareWire(world)))
  const dns = {
    cloudflare: await serveDns((name, type) => world.cloudflare.answer(name, type)),
    route53: await serveDns((name, type) => world.route53.answer(name, type)),
  }
  const own = (value: string) => new Secret(value, 'sandbox')
  const server = ({port}: {port: number}) => ({host: '127.0.0.1', port})
  return {
    world,
    around: {
      runtime: hastyRuntime(haste),
      sandbox: {
        aws: {
          endpoint: aws.url,
          eucalyptus: `${aws.url}/services/compute`,
          credentials: SANDBOX.aws.operator,
        },
        triton: {
          url: triton.url,
          account: SANDBOX.triton.account,
          keyId: key.md5Fingerprint,
          key: own(key.privateKeyPem),
        },
        cloudflare: {
          baseUrl: `${cloudflare.url}/client/v4`,
          apiToken: own(SANDBOX.cloudflare.operatorToken),
        },
        nameServers: {cloudflare: server(dns.cloudflare), route53: server(dns.route53)},
      },
    },
    async close() {
      world.calls.plan.clear()
      await Promise.all([aws, triton, cloudflare, dns.cloudflare, dns.route53].map(each => each.close()))
    },
  }
}
