import {fleetFlags, McdCommand, NEW_SANDBOX, sandboxFlag} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import {resolverFlags, resolversOf} from '../command-line/resolver-flags.ts'
import type {Examination} from '../doctor/finding.ts'
import type {SpofReport} from '../doctor/spof/component.ts'
import {EXIT} from '../errors.ts'
import type {ExamineFlags} from '../runs/examine-run.ts'

export default class Doctor extends McdCommand {
  static override summary =
    'Try out everything that a run would need, before it costs money. Changes nothing.'
  static override description =
    `Credentials, each permission, images, types and quotas of every place, the zones and who is led to them, what instances register with, the template, the journal, clocks and keys: each with what was found, and what failed with its remedy. Permissions to change something are tried with calls that cannot take effect. Exits with ${EXIT.failed} when anything failed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --resolver 9.9.9.9',
    '<%= config.bin %> <%= command.id %> --spof',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    ...resolverFlags,
    spof: Flags.boolean({
      description:
        'Say instead of what the fleet has only one, what its loss would mean, and what would make it two. It is advice: the exit status is 0.',
      default: false,
      exclusive: ['resolver'],
    }),
  }

  async run(): Promise<Examination | SpofReport> {
    const {flags} = await this.parse(Doctor)
    const {file, set, sandbox} = flags
    const source = {file, set, sandbox, signal: this.interruptible({looks: true})}
    return flags.spof ? this.#spof(source) : this.#examine({...source, resolvers: await resolversOf(flags)})
  }

  async #examine(flags: ExamineFlags): Promise<Examination> {
    const [{runExamination}, {examinationText}] = await Promise.all([
      import('../runs/examine-run.ts'),
      import('../output/examination-text.ts'),
    ])
    const {examination, isNewSandbox} = await runExamination(flags)
    if (isNewSandbox) this.logToStderr(NEW_SANDBOX)
    this.log(examinationText(examination, process.stdout.columns))
    if (examination.counts.failed > 0) process.exitCode = EXIT.failed
    return examination
  }

  async #spof(flags: Omit<ExamineFlags, 'resolvers'>): Promise<SpofReport> {
    const [{runSpof}, {spofText}] = await Promise.all([
      import('../runs/examine-run.ts'),
      import('../output/spof-text.ts'),
    ])
    const {report, isNewSandbox} = await runSpof(flags)
    if (isNewSandbox) this.logToStderr(NEW_SANDBOX)
    this.log(spofText(report, process.stdout.columns))
    return report
  }
}
