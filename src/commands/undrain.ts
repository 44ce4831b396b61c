import {fleetFlags, McdCommand, sandboxFlag, waitFlag} from '../command-line/command.ts'
import {Args, Flags} from '../command-line/oclif.ts'
import {UsageError} from '../errors.ts'
import type {RunReport} from '../runs/run-flags.ts'

export default class Undrain extends McdCommand {
  static override summary = 'Let drained instances into DNS again.'
  static override description =
    "Returns once they stand in DNS and the vendor's servers answer with them. One that does not pass its health check stays out until it does."
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0abc',
    '<%= config.bin %> <%= command.id %> --group east',
    '<%= config.bin %> <%= command.id %> --all',
  ]
  static override strict = false
  static override args = {
    instances: Args.string({
      description: 'Let in this instance, by its id or the beginning of it. Can be repeated.',
      name: 'INSTANCE',
    }),
  }
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    wait: waitFlag,
    group: Flags.string({
      description: 'Let in every instance of this group. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    all: Flags.boolean({
      description: 'Let in everyone who is drained.',
      default: false,
      exclusive: ['group'],
    }),
    timeout: Flags.string({
      description: 'How long to wait until they stand in DNS.',
      default: '10m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport> {
    const {argv, flags} = await this.parse(Undrain)
    const instances = argv as string[]
    const named = instances.length > 0 || flags.group !== undefined
    if (flags.all === named)
      throw new UsageError(
        named
          ? '--all lets in everyone: leave it out, or the names.'
          : 'Which instance is to be let in again?',
        {suggestions: ['Name instances, a group with --group, or everyone with --all.']},
      )
    const {runCommand} = await import('../runs/run.ts')
    const report = await runCommand({
      ...flags,
      command: 'undrain',
      goal: {kind: 'sync'},
      request: {
        kind: 'undrain',
        ...(flags.group ? {groups: flags.group} : {}),
        ...(instances.length > 0 ? {instances} : {}),
      },
      yes: false,
      allowEmpty: false,
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
