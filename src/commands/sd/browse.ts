import {McdCommand} from '../../command-line/command.ts'
import {Args} from '../../command-line/oclif.ts'
import {openResolver, serverFlags} from '../../command-line/server-flag.ts'

/** `services` of a domain, or `instances` of one service. */
type Browsed = {domain: string; services: string[]} | {domain: string; service: string; instances: string[]}

export default class SdBrowse extends McdCommand {
  static override summary = 'List the DNS-SD services of a domain, or the instances of one service.'
  static override description = 'One name a line, as mcd sd resolve takes it.'
  static override usage = '<%= command.id %> [SERVICE] DOMAIN [--json] [--sandbox | --server HOST:PORT]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> example.com',
    '<%= config.bin %> <%= command.id %> _http._tcp example.com',
  ]
  // oclif fills arguments from the left, and it is the first that may be left out.
  static override args = {
    service: Args.string({description: 'A service, as in _http._tcp; may be left out.', required: true}),
    domain: Args.string({description: 'The domain to look in.'}),
  }
  static override flags = serverFlags

  async run(): Promise<Browsed> {
    const {args, flags} = await this.parse(SdBrowse)
    const [{listServices, listInstances}, {serviceName}, {requireServiceName}] = await Promise.all([
      import('../../dns/sd/look-up.ts'),
      import('../../dns/sd/names.ts'),
      import('../../dns/sd/resolve.ts'),
    ])
    const {ask} = await openResolver(flags, this.interruptible({looks: true}))
    if (args.domain === undefined) {
      const domain = args.service
      const services = await listServices(ask, domain)
      for (const each of services) this.log(serviceName(each, domain))
      if (services.length === 0) this.logToStderr(`${domain} lists no services.`)
      return {domain, services}
    }
    const {service, domain} = requireServiceName(serviceName(args.service, args.domain))
    const {names: instances} = await listInstances(ask, service, domain)
    for (const instance of instances) this.log(instance)
    if (instances.length === 0) this.logToStderr(`${domain} lists no instances of ${service}.`)
    return {domain, service, instances}
  }
}
