import {McdCommand} from '../command-line/command.ts'
import {canAsk} from '../command-line/confirm.ts'
import {Args, Flags} from '../command-line/oclif.ts'
import type {InitResult} from '../init/files.ts'

export default class Init extends McdCommand {
  static override summary = 'Write a fleet file and a userdata template to begin with.'
  static override description =
    'Asks on a terminal what the flags do not say. Elsewhere nothing is asked: give the flags, or --yes for presets.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> shop --zone example.com --name shop --dns route53 --cloud aws,joyent --yes',
  ]
  static override args = {
    directory: Args.string({
      name: 'DIR',
      description: 'Folder to write into; made when absent.',
      default: '.',
    }),
  }
  static override flags = {
    fleet: Flags.string({
      description: 'Name of the fleet: a DNS label of at most 24 characters.',
      helpValue: 'NAME',
    }),
    zone: Flags.string({description: 'DNS zone the fleet is reached in.', helpValue: 'ZONE'}),
    name: Flags.string({
      description: 'Name in that zone, such as www; "@" for the zone itself.',
      helpValue: 'NAME',
    }),
    dns: Flags.string({description: 'Who serves the zone: cloudflare or route53.', helpValue: 'VENDOR'}),
    cloud: Flags.string({
      description: 'Clouds to run in: aws, joyent, or both with a comma.',
      helpValue: 'CLOUDS',
    }),
    template: Flags.string({
      description: 'Built-in userdata template to copy.',
      default: 'nginx',
      helpValue: 'NAME',
    }),
    force: Flags.boolean({description: 'Overwrite files that are there already.', default: false}),
    yes: Flags.boolean({
      char: 'y',
      description: 'Take presets for what the flags do not say.',
      default: false,
    }),
  }

  async run(): Promise<InitResult> {
    const {args, flags} = await this.parse(Init)
    const [{completeAnswers}, {initFleet, nextSteps}, {openTerminal}] = await Promise.all([
      import('../init/answers.ts'),
      import('../init/files.ts'),
      import('../init/terminal.ts'),
    ])
    const terminal = canAsk(this.jsonEnabled()) && !flags.yes ? openTerminal() : undefined
    try {
      const ask = terminal
        ? {kind: 'person' as const, question: terminal.question}
        : {kind: flags.yes ? ('presets' as const) : ('nobody' as const)}
      const answers = await completeAnswers(flags, args.directory, ask)
      const result = await initFleet({
        ...answers,
        directory: args.directory,
        packageRoot: this.config.root,
        template: flags.template,
        overwrite: flags.force,
      })
      // npx says so: then there may be no mcd to call by itself.
      this.log(nextSteps(result, process.cwd(), process.env.npm_command === 'exec' ? 'npx mcd' : 'mcd'))
      return result
    } finally {
      terminal?.close()
    }
  }
}
