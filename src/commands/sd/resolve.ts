import {McdCommand} from '../../command-line/command.ts'
import {Args, Flags} from '../../command-line/oclif.ts'
import {openResolver, serverFlags} from '../../command-line/server-flag.ts'
import type {Endpoint, ResolvedService} from '../../dns/sd/resolve.ts'

const COUNT_MAX = 1_000_000

export default class SdResolve extends McdCommand {
  static override summary = 'Follow a DNS-SD service to addresses and ports, one "ADDRESS PORT" a line.'
  static override description =
    'NAME is a service (_http._tcp.example.com: all its instances) or one instance (v1._http._tcp.example.com). The order is that of RFC 2782: by priority, then drawn by weight, anew each time; so the first line is where a client should connect. --count draws that many times, and prints what each draw chose.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> _http._tcp.example.com',
    '<%= config.bin %> <%= command.id %> v1._http._tcp.example.com --count 1',
    '<%= config.bin %> <%= command.id %> v1._http._tcp.example.com --server 127.0.0.1:5353 --json',
  ]
  static override args = {
    name: Args.string({description: 'A service, or an instance of one.', required: true}),
  }
  static override flags = {
    ...serverFlags,
    count: Flags.integer({
      description: 'Choose so many times, as so many clients would.',
      min: 1,
      max: COUNT_MAX,
      helpValue: 'N',
    }),
  }

  async run(): Promise<ResolvedService & {endpoints: Endpoint[]}> {
    const {args, flags} = await this.parse(SdResolve)
    const [{resolveService, endpointsOf, drawEndpoints}] = await Promise.all([
      import('../../dns/sd/resolve.ts'),
    ])
    const {ask, random} = await openResolver(flags, this.interruptible({looks: true}))
    const service = await resolveService(ask, args.name, random)
    const endpoints =
      flags.count === undefined ? endpointsOf(service) : drawEndpoints(service, flags.count, random)
    this.log(endpoints.map(({address, port}) => `${address} ${port}`).join('\n'))
    return {...service, endpoints}
  }
}
