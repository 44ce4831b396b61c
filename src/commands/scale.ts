import {McdCommand} from '../command-line/command.ts'
import {Args} from '../command-line/oclif.ts'
import type {CountChange} from '../fleet/file/scale.ts'
import type {RunReport} from '../runs/run-flags.ts'
import {upFlags} from './up.ts'

export default class Scale extends McdCommand {
  static override summary = 'Change counts in the fleet file, keeping its comments, and run up.'
  static override description =
    'Plans with the new counts first: the fleet file is written when the plan is approved and the run begins, and stays as it is when anything is refused. Only the numbers change, not a byte beside them. A run that ends half way is gone on with by "mcd up".'
  static override examples = [
    '<%= config.bin %> <%= command.id %> virginia=3',
    '<%= config.bin %> <%= command.id %> virginia=0 east=6 --yes',
  ]
  static override strict = false
  static override args = {
    'GROUP=N': Args.string({description: 'A group and the count it is to have. Can be repeated.'}),
  }
  static override flags = upFlags

  async run(): Promise<RunReport & {scaled: readonly CountChange[]}> {
    const {argv, flags} = await this.parse(Scale)
    const [{runCommand}, {countEdit, parseCounts}] = await Promise.all([
      import('../runs/run.ts'),
      import('../runs/scale-run.ts'),
    ])
    const edit = countEdit(parseCounts(argv as string[]), flags.set ?? [])
    const report = await runCommand({
      ...flags,
      command: 'scale',
      goal: {kind: 'up'},
      allowEmpty: flags['allow-empty'],
      json: this.jsonEnabled(),
      signal: this.interruptible(),
      edit,
    })
    process.exitCode = report.exit
    return {...report, scaled: edit.changes()}
  }
}
