import {fleetFlags, McdCommand, NEW_SANDBOX, sandboxFlag} from '../command-line/command.ts'
import {Args} from '../command-line/oclif.ts'
import {resolverFlags, resolversOf} from '../command-line/resolver-flags.ts'
import type {WhyReport} from '../fleet/why/report.ts'

export default class Why extends McdCommand {
  static override summary =
    'Explain one instance in full: what it is, how it does, what DNS says of it. Changes nothing.'
  static override description =
    'Says which run launched it, how its health is, what stands under each name and what is really answered, whether a hold keeps it out and why, how far its end is, and what mcd would do with it next. Also of one that has ended, as far as the journal knows.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0123456789abcdef0',
    '<%= config.bin %> <%= command.id %> 3b96b9c4 --json',
  ]
  static override args = {
    instance: Args.string({
      description: 'An instance by its id, or the first eight characters of it or more.',
      required: true,
      name: 'INSTANCE',
    }),
  }
  static override flags = {...fleetFlags, sandbox: sandboxFlag, ...resolverFlags}

  async run(): Promise<WhyReport> {
    const {args, flags} = await this.parse(Why)
    const [{openContext}, {lookAround}, {findInstance}, {explainInstance}, {whyText}] = await Promise.all([
      import('../surroundings/context.ts'),
      import('../fleet/status/look.ts'),
      import('../fleet/why/find.ts'),
      import('../fleet/why/explain.ts'),
      import('../output/why-text.ts'),
    ])
    const context = await openContext({
      file: flags.file,
      set: flags.set,
      sandbox: flags.sandbox,
      journal: 'read',
      resolvers: await resolversOf(flags),
      signal: this.interruptible({looks: true}),
      looks: true,
    })
    if (context.isNewSandbox) this.logToStderr(NEW_SANDBOX)
    try {
      const {outside, fleet} = context
      const {status, inspection} = await lookAround(outside, fleet)
      const id = findInstance(args.instance, inspection.observed, inspection.recorded)
      const located = await context.locate(status)
      const report = explainInstance(id, inspection, located, await outside.journal.read())
      this.log(whyText(report, process.stdout.columns))
      return report
    } finally {
      await context.close()
    }
  }
}
