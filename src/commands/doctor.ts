import {fleetFlags, McdCommand, NEW_SANDBOX, sandboxFlag} from '../command-line/command.ts'
import {resolverFlags, resolversOf} from '../command-line/resolver-flags.ts'
import {EXIT} from '../errors.ts'
import type {Examination} from '../runs/examine-run.ts'

export default class Doctor extends McdCommand {
  static override summary =
    'Try out everything that a run would need, before it costs money. Changes nothing.'
  static override description =
    `Credentials, each permission, images, types and quotas of every place, the zones and who is led to them, what instances register with, the template, the journal, clocks and keys: each with what was found, and what failed with its remedy. Permissions to change something are tried with calls that cannot take effect. Exits with ${EXIT.failed} when anything failed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --resolver 9.9.9.9',
  ]
  static override flags = {...fleetFlags, sandbox: sandboxFlag, ...resolverFlags}

  async run(): Promise<Examination> {
    const {flags} = await this.parse(Doctor)
    const [{runExamination}, {examinationText}] = await Promise.all([
      import('../runs/examine-run.ts'),
      import('../output/examination-text.ts'),
    ])
    const {examination, isNewSandbox} = await runExamination({
      file: flags.file,
      set: flags.set,
      sandbox: flags.sandbox,
      resolvers: await resolversOf(flags),
      signal: this.interruptible({looks: true}),
    })
    if (isNewSandbox) this.logToStderr(NEW_SANDBOX)
    this.log(examinationText(examination, process.stdout.columns))
    if (examination.counts.failed > 0) process.exitCode = EXIT.failed
    return examination
  }
}
