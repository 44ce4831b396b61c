import {McdCommand} from '../../command-line/command.ts'
import {Flags} from '../../command-line/oclif.ts'
import {ownerFlag, serviceArgs, zoneFlags} from '../../command-line/service-flags.ts'
import type {PublishedReport} from '../../output/published-text.ts'
import {openZone} from '../../surroundings/service-zone.ts'

export default class SdLeave extends McdCommand {
  static override summary = 'Take a machine out of a DNS-SD service.'
  static override description =
    "Removes its value in the SRV set, and its address once nothing in the zone leads to it any more; the service stays defined. Resolvers go on answering with it for as long as the records' TTL: stop the machine after that."
  static override examples = [
    '<%= config.bin %> <%= command.id %> _http._tcp v1 --zone example.com --host db1',
  ]
  static override args = serviceArgs
  static override flags = {
    ...zoneFlags,
    host: Flags.string({
      description: "The machine's own name inside the zone.",
      required: true,
      helpValue: 'NAME',
    }),
    owner: ownerFlag('The host name as a label when left out.'),
  }

  async run(): Promise<PublishedReport> {
    const {args, flags} = await this.parse(SdLeave)
    const [{ownerOf, readHost, readService}, {leave}, {publishedReport, publishedText}] = await Promise.all([
      import('../../publish/service.ts'),
      import('../../publish/publish.ts'),
      import('../../output/published-text.ts'),
    ])
    const host = readHost(flags.host, flags.zone)
    const service = readService({
      ...args,
      zone: flags.zone,
      owner: flags.owner ?? ownerOf(host),
      ttlSeconds: 0,
    })
    const {zone} = await openZone(service, flags, this.interruptible())
    const published = await leave(zone, {...service, host})
    this.log(publishedText(published, 'Nothing to do: it is no target here.'))
    return publishedReport(service, published)
  }
}
