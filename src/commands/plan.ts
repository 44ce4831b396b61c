import {fleetFlags, formatFlag, McdCommand, sandboxFlag} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import {EXIT} from '../errors.ts'
import type {UserdataChange} from '../fleet/inspect/userdata-change.ts'
import type {Plan as FleetPlan} from '../fleet/plan/action.ts'

export default class Plan extends McdCommand {
  static override summary = 'Show what up would do. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --detailed-exitcode --json',
    '<%= config.bin %> <%= command.id %> --out approved.json --format markdown',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    'refresh-images': Flags.boolean({
      description: 'As up --refresh-images would do it.',
      default: false,
    }),
    out: Flags.string({
      description: 'Save the plan: "mcd up --plan FILE" carries out exactly that, or refuses.',
      helpValue: 'FILE',
    }),
    format: formatFlag,
    'detailed-exitcode': Flags.boolean({
      description: `Exit with ${EXIT.differences} when there is something to do.`,
      default: false,
    }),
  }

  async run(): Promise<{fleet: string; userdata: UserdataChange[]} & FleetPlan> {
    const {flags} = await this.parse(Plan)
    const [{openContext}, {inspectFleet}, {planText}, {userdataChanges}, {userdataDiff}, {planMarkdown}] =
      await Promise.all([
        import('../surroundings/context.ts'),
        import('../fleet/inspect/inspect.ts'),
        import('../output/plan-text.ts'),
        import('../fleet/inspect/userdata-change.ts'),
        import('../output/userdata-diff.ts'),
        import('../output/plan-markdown.ts'),
      ])
    const context = await openContext({
      file: flags.file,
      set: flags.set,
      sandbox: flags.sandbox,
      journal: 'read',
      demands: ['instance-credentials', 'template'],
      signal: this.interruptible({looks: true}),
    })
    try {
      const refreshImages = flags['refresh-images']
      const made = await inspectFleet(context.outside, context.fleet, {refreshImages})
      const {plan, desired, recorded} = made
      const userdata = userdataChanges(context.outside, desired, recorded, plan)
      const diff = userdataDiff(userdata)
      if (flags.format === 'markdown') this.logExactly(planMarkdown(context.fleet.name, plan, diff))
      else {
        if (diff) this.logExactly(diff)
        this.log(planText(plan))
      }
      if (flags.out !== undefined) {
        const [{writePlanFile}, {shellWord}] = await Promise.all([
          import('../runs/plan-file.ts'),
          import('../output/call.ts'),
        ])
        await writePlanFile(flags.out, made, refreshImages)
        this.logToStderr(`Saved: mcd up --plan ${shellWord(flags.out)} carries out exactly this.`)
      }
      if (flags['detailed-exitcode'] && (plan.actions.length > 0 || plan.notes.some(({blocks}) => blocks)))
        process.exitCode = EXIT.differences
      return {fleet: context.fleet.name, ...plan, userdata}
    } finally {
      await context.close()
    }
  }
}
