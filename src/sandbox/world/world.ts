import {CallLog} from './calls.ts'
import {CloudflareWorld} from './cloudflare.ts'
import {type Core, type Delays, SANDBOX_DELAYS} from './core.ts'
import {Ec2World} from './ec2.ts'
import {Route53World} from './route53.ts'
import {S3World} from './s3.ts'
import {ServiceQuotas} from './service-quotas.ts'
import {TritonWorld} from './triton.ts'

/** The clouds and the DNS vendors as one strict model: no sockets, no real time. */
export type World = Core & {
  readonly ec2: Ec2World
  readonly triton: TritonWorld
  readonly cloudflare: CloudflareWorld
  readonly route53: Route53World
  readonly s3: S3World
  readonly serviceQuotas: ServiceQuotas
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
  const ec2 = new Ec2World(core)
  const triton = new TritonWorld(core)
  core.calls.plan.strikeAmong({
    running(id) {
      const meant =
        ec2.instance(id) ??
        triton.machine(id) ??
        triton.machinesOf().find(({id: full}) => full.split('-')[0] === id)
      return meant?.state === 'running' ? meant.id : undefined
    },
    halt(id) {
      ec2.halt(id)
      triton.halt(id)
    },
    setServing: (id, serves) => core.hypervisor.setServing(id, serves),
  })
  return {
    ...core,
    ec2,
    triton,
    cloudflare: new CloudflareWorld(core),
    route53: new Route53World(core),
    s3: new S3World(core),
    serviceQuotas: new ServiceQuotas(core, ec2),
  }
}
