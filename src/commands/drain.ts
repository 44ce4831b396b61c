import {fleetFlags, McdCommand, sandboxFlag, waitFlag} from '../command-line/command.ts'
import {Args, Flags} from '../command-line/oclif.ts'
import {UsageError} from '../errors.ts'
import type {RunReport} from '../runs/run-flags.ts'

export default class Drain extends McdCommand {
  static override summary = 'Take instances out of DNS without ending them.'
  static override description =
    'They leave DNS and stay out, whatever else is run, until "mcd undrain" lets them in again. Returns once resolvers that honour the TTL have forgotten their addresses; one that was cut short goes on with the time already waited when it is run again.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> i-0abc',
    '<%= config.bin %> <%= command.id %> --group east',
    '<%= config.bin %> <%= command.id %> i-0abc --no-wait',
  ]
  static override strict = false
  static override args = {
    instances: Args.string({
      description: 'Drain this instance, by its id or the beginning of it. Can be repeated.',
      name: 'INSTANCE',
    }),
  }
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    wait: waitFlag,
    group: Flags.string({
      description: 'Drain every instance of this group that lives now. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    'no-wait': Flags.boolean({
      description: 'Return once they are removed, without waiting until resolvers have forgotten them.',
      default: false,
    }),
    'allow-empty': Flags.boolean({
      description: 'Allow the last serving address to leave DNS.',
      default: false,
    }),
    timeout: Flags.string({
      description: "How long to wait until the vendor's servers follow. The TTL is not counted.",
      default: '10m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport> {
    const {argv, flags} = await this.parse(Drain)
    const instances = argv as string[]
    if (instances.length === 0 && !flags.group)
      throw new UsageError('Which instance is to be drained?', {
        suggestions: ['Name instances, or a group with --group.', '"mcd status" lists both.'],
      })
    const {runCommand} = await import('../runs/run.ts')
    const report = await runCommand({
      ...flags,
      command: 'drain',
      goal: {kind: 'sync'},
      request: {
        kind: 'drain',
        until: flags['no-wait'] ? 'removed' : 'forgotten',
        ...(flags.group ? {groups: flags.group} : {}),
        ...(instances.length > 0 ? {instances} : {}),
      },
      yes: false,
      allowEmpty: flags['allow-empty'],
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
