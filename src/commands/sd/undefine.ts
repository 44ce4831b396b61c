import {McdCommand} from '../../command-line/command.ts'
import {Flags} from '../../command-line/oclif.ts'
import {ownerFlag, serviceArgs, zoneFlags} from '../../command-line/service-flags.ts'
import type {PublishedReport} from '../../output/published-text.ts'
import {openZone} from '../../surroundings/service-zone.ts'

export default class SdUndefine extends McdCommand {
  static override summary = 'Take back what mcd sd define made.'
  static override description =
    'Removes exactly that: the PTR records, the TXT record, and the listing of the service once none of its instances is left. What others made or still need stays.'
  static override examples = ['<%= config.bin %> <%= command.id %> _http._tcp v1 --zone example.com']
  static override args = serviceArgs
  static override flags = {
    ...zoneFlags,
    owner: ownerFlag('"by-hand" when left out.'),
    'allow-lost': Flags.boolean({
      description: 'Also while machines stand in its SRV set, whom nobody finds then.',
      default: false,
    }),
  }

  async run(): Promise<PublishedReport> {
    const {args, flags} = await this.parse(SdUndefine)
    const [{BY_HAND, readService}, {undefine}, {publishedReport, publishedText}] = await Promise.all([
      import('../../publish/service.ts'),
      import('../../publish/publish.ts'),
      import('../../output/published-text.ts'),
    ])
    const owner = flags.owner ?? BY_HAND
    const service = readService({...args, zone: flags.zone, owner, ttlSeconds: 0})
    const {zone} = await openZone(service, flags, this.interruptible())
    const published = await undefine(zone, service, {allowLost: flags['allow-lost']})
    this.log(publishedText(published, 'Nothing to do: it is not defined here.'))
    return publishedReport(service, published)
  }
}
