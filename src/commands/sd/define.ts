import {McdCommand} from '../../command-line/command.ts'
import {Flags} from '../../command-line/oclif.ts'
import {ownerFlag, readTtl, serviceArgs, ttlFlag, zoneFlags} from '../../command-line/service-flags.ts'
import type {PublishedReport} from '../../output/published-text.ts'
import {openZone} from '../../surroundings/service-zone.ts'

export default class SdDefine extends McdCommand {
  static override summary = 'Make a DNS-SD service known, before any machine serves it.'
  static override description =
    'Makes the PTR records that browsers follow and the TXT record with its attributes; machines come with mcd sd join, or with a fleet whose "dns.discovery" names the same instance. What stands there already is used as it is.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> _http._tcp v1 --zone example.com --txt path=/',
    '<%= config.bin %> <%= command.id %> _http._tcp "Version 2.0" --zone example.com --sandbox',
  ]
  static override args = serviceArgs
  static override flags = {
    ...zoneFlags,
    txt: Flags.string({
      description: 'An attribute, as KEY=VALUE or KEY; everybody can read it. Can be repeated.',
      multiple: true,
      helpValue: 'KEY=VALUE',
    }),
    ttl: ttlFlag,
    owner: ownerFlag('"by-hand" when left out.'),
  }

  async run(): Promise<PublishedReport> {
    const {args, flags} = await this.parse(SdDefine)
    const [{BY_HAND, readService}, {define}, {publishedReport, publishedText}] = await Promise.all([
      import('../../publish/service.ts'),
      import('../../publish/publish.ts'),
      import('../../output/published-text.ts'),
    ])
    const owner = flags.owner ?? BY_HAND
    const service = readService({...args, zone: flags.zone, owner, ttlSeconds: readTtl(flags.ttl)})
    const {zone} = await openZone(service, flags, this.interruptible())
    const published = await define(zone, service, flags.txt)
    this.log(publishedText(published, 'Nothing to do: it is defined like this already.'))
    return publishedReport(service, published)
  }
}
