import {McdCommand} from '../../command-line/command.ts'
import {Args} from '../../command-line/oclif.ts'
import {openResolver, serverFlags} from '../../command-line/server-flag.ts'
import type {Checked} from '../../dns/sd/check.ts'
import {EXIT} from '../../errors.ts'

export default class SdCheck extends McdCommand {
  static override summary = 'Say what is wrong with a DNS-SD service, and why. Changes nothing.'
  static override description =
    `Follows every record that a client would, and exits with ${EXIT.differences} when something must be mended; a warning alone does not count.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> _http._tcp.example.com',
    '<%= config.bin %> <%= command.id %> v1._http._tcp.example.com --json',
  ]
  static override args = {
    name: Args.string({description: 'A service, or an instance of one.', required: true}),
  }
  static override flags = serverFlags

  async run(): Promise<Checked> {
    const {args, flags} = await this.parse(SdCheck)
    const [{checkService}, {checkedText}] = await Promise.all([
      import('../../dns/sd/check.ts'),
      import('../../output/service-check-text.ts'),
    ])
    const {ask} = await openResolver(flags, this.interruptible({looks: true}))
    const checked = await checkService(ask, args.name)
    this.log(checkedText(checked))
    if (checked.findings.some(({warning}) => !warning)) process.exitCode = EXIT.differences
    return checked
  }
}
