import {Flags} from '@oclif/core'
import {fileFlag, McdCommand, sandboxFlag} from '../command.ts'
import {EXIT} from '../errors.ts'
import type {Plan as FleetPlan} from '../fleet/plan/action.ts'

export default class Plan extends McdCommand {
  static override summary = 'Show what up would do. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --detailed-exitcode --json',
  ]
  static override flags = {
    file: fileFlag,
    sandbox: sandboxFlag,
    'detailed-exitcode': Flags.boolean({
      description: `Exit with ${EXIT.differences} when there is something to do.`,
      default: false,
    }),
  }

  async run(): Promise<{fleet: string} & FleetPlan> {
    const {flags} = await this.parse(Plan)
    const [{openContext}, {inspectFleet}, {planText}] = await Promise.all([
      import('../context.ts'),
      import('../fleet/inspect.ts'),
      import('../output/plan-text.ts'),
    ])
    const context = await openContext({
      file: flags.file,
      sandbox: flags.sandbox,
      journal: 'read',
      signal: this.interruptible(),
    })
    try {
      context.requireInstanceCredentials()
      const {plan} = await inspectFleet(context.outside, context.fleet)
      this.log(planText(plan))
      if (flags['detailed-exitcode'] && (plan.actions.length > 0 || plan.notes.some(({blocks}) => blocks)))
        process.exitCode = EXIT.differences
      return {fleet: context.fleet.name, ...plan}
    } finally {
      await context.close()
    }
  }
}
