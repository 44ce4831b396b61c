import {Flags} from '@oclif/core'
import {fileFlag, McdCommand, sandboxFlag} from '../command.ts'
import {EXIT} from '../errors.ts'
import type {Plan as FleetPlan} from '../fleet/plan/action.ts'
import type {UserdataChange} from '../fleet/userdata-change.ts'

export default class Plan extends McdCommand {
  static override summary = 'Show what up would do. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --detailed-exitcode --json',
  ]
  static override flags = {
    file: fileFlag,
    sandbox: sandboxFlag,
    'refresh-images': Flags.boolean({
      description: 'As up --refresh-images would do it.',
      default: false,
    }),
    'detailed-exitcode': Flags.boolean({
      description: `Exit with ${EXIT.differences} when there is something to do.`,
      default: false,
    }),
  }

  async run(): Promise<{fleet: string; userdata: UserdataChange[]} & FleetPlan> {
    const {flags} = await this.parse(Plan)
    const [{openContext}, {inspectFleet}, {planText}, {userdataChanges}, {userdataDiff}] = await Promise.all([
      import('../context.ts'),
      import('../fleet/inspect.ts'),
      import('../output/plan-text.ts'),
      import('../fleet/userdata-change.ts'),
      import('../output/userdata-diff.ts'),
    ])
    const context = await openContext({
      file: flags.file,
      sandbox: flags.sandbox,
      journal: 'read',
      demands: ['instance-credentials', 'template'],
      signal: this.interruptible(),
    })
    try {
      const {plan, desired, recorded} = await inspectFleet(context.outside, context.fleet, {
        refreshImages: flags['refresh-images'],
      })
      const userdata = userdataChanges(context.outside, desired, recorded, plan)
      this.log([userdataDiff(userdata), planText(plan)].filter(Boolean).join('\n'))
      if (flags['detailed-exitcode'] && (plan.actions.length > 0 || plan.notes.some(({blocks}) => blocks)))
        process.exitCode = EXIT.differences
      return {fleet: context.fleet.name, ...plan, userdata}
    } finally {
      await context.close()
    }
  }
}
