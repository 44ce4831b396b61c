import {McdCommand} from '../../command-line/command.ts'
import {durationFlag} from '../../command-line/duration-flag.ts'
import {Flags} from '../../command-line/oclif.ts'
import {ownerFlag, readTtl, serviceArgs, ttlFlag, zoneFlags} from '../../command-line/service-flags.ts'
import type {PublishedReport} from '../../output/published-text.ts'
import {openZone} from '../../surroundings/service-zone.ts'

const PORT_MAX = 65_535

export default class SdJoin extends McdCommand {
  static override summary = 'Make a machine a target of a DNS-SD service, once it serves.'
  static override description =
    'Makes the address of its host name and its value in the SRV set. Safe to repeat: a machine has one value there, and joining again with another port, weight or address replaces the earlier one. Others who stand in the set, fleets and people, stay as they are.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> _http._tcp v1 --zone example.com --host db1 --address 192.0.2.7 --port 80',
    '<%= config.bin %> <%= command.id %> _http._tcp v1 --zone example.com --host db1 --address 192.0.2.7 --port 80 --check http://db1/health',
  ]
  static override args = serviceArgs
  static override flags = {
    ...zoneFlags,
    host: Flags.string({
      description: "The machine's own name inside the zone.",
      required: true,
      helpValue: 'NAME',
    }),
    address: Flags.string({
      description: 'Its address; once for IPv4 and once for IPv6.',
      required: true,
      multiple: true,
      helpValue: 'ADDRESS',
    }),
    port: Flags.integer({
      description: 'Where it serves.',
      required: true,
      min: 1,
      max: PORT_MAX,
      helpValue: 'N',
    }),
    priority: Flags.integer({
      description: 'Lower ones are tried first (RFC 2782); 0 when left out.',
      helpValue: 'N',
      default: 0,
      min: 0,
      max: PORT_MAX,
    }),
    weight: Flags.integer({
      description: 'Its share among those of the same priority; 0 when left out.',
      helpValue: 'N',
      default: 0,
      min: 0,
      max: PORT_MAX,
    }),
    check: Flags.string({
      description: 'Join only when each address answers: tcp, or a URL, which is asked for there.',
      default: 'tcp',
      helpValue: 'tcp|URL',
      exclusive: ['no-check'],
    }),
    'no-check': Flags.boolean({description: 'Join without having looked.', default: false}),
    timeout: Flags.string({
      description: 'How long a machine that does not answer yet is waited for.',
      default: '10s',
      helpValue: 'DURATION',
    }),
    ttl: ttlFlag,
    owner: ownerFlag('The host name as a label when left out.'),
  }

  async run(): Promise<PublishedReport> {
    const {args, flags} = await this.parse(SdJoin)
    const [
      {checkMachine, readCheck},
      {ownerOf, readHost, readService},
      {readAddresses},
      {join},
      {publishedReport, publishedText},
    ] = await Promise.all([
      import('../../surroundings/machine-check.ts'),
      import('../../publish/service.ts'),
      import('../../publish/join.ts'),
      import('../../publish/publish.ts'),
      import('../../output/published-text.ts'),
    ])
    const check = flags['no-check'] ? undefined : readCheck(flags.check)
    const timeoutMs = durationFlag('--timeout', flags.timeout)
    const host = readHost(flags.host, flags.zone)
    const {port, priority, weight} = flags
    const machine = {
      ...readService({
        ...args,
        zone: flags.zone,
        owner: flags.owner ?? ownerOf(host),
        ttlSeconds: readTtl(flags.ttl),
      }),
      ...{host, addresses: readAddresses(flags.address), port, priority, weight},
    }
    const {zone, runtime, addressOf} = await openZone(machine, flags, this.interruptible())
    if (check) await checkMachine(machine, check, {runtime, addressOf, timeoutMs})
    else this.logToStderr(`Nobody has looked whether ${host} serves.`)
    const published = await join(zone, machine)
    this.log(publishedText(published, 'Nothing to do: it is a target like this already.'))
    return publishedReport(machine, published)
  }
}
