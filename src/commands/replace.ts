import {McdCommand} from '../command-line/command.ts'
import {Args, Flags} from '../command-line/oclif.ts'
import {UsageError} from '../errors.ts'
import type {RunReport} from '../runs/run-flags.ts'
import {upFlags} from './up.ts'

export default class Replace extends McdCommand {
  static override summary = 'Give instances new ones in their place, a batch at a time.'
  static override description =
    'Without names, what runs an older launch spec is replaced, and where nothing does, every instance. New ones are healthy and in DNS before old ones leave; a new one that does not serve stops it all, and the old ones stay. One that was cut short goes on when it is run again, and with the next "mcd up".'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> i-0abc --yes',
    '<%= config.bin %> <%= command.id %> --group virginia --batch 25% --pause 30s',
    '<%= config.bin %> <%= command.id %> --lower-ttl',
    '<%= config.bin %> <%= command.id %> --rollback',
  ]
  static override strict = false
  static override args = {
    instances: Args.string({
      description: 'Replace only this instance, by its id or the beginning of it. Can be repeated.',
      name: 'INSTANCE',
    }),
  }
  static override flags = {
    ...upFlags,
    group: Flags.string({
      description: 'Replace only in this group. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    'lower-ttl': Flags.boolean({
      description:
        'Lower the TTL first and wait until the longer one has passed, so that each batch drains quickly; put it back at the end.',
      default: false,
    }),
    rollback: Flags.boolean({
      description: 'Return to the launch spec before the last one, as the journal has it.',
      default: false,
      exclusive: ['refresh-images'],
    }),
  }

  async run(): Promise<RunReport> {
    const {argv, flags} = await this.parse(Replace)
    const instances = argv as string[]
    if (instances.length > 0 && (flags.rollback || flags.group))
      throw new UsageError(
        `Instances are replaced by name alone: leave out ${flags.rollback ? '--rollback' : '--group'}, or the names.`,
      )
    const [{runCommand}, {replaceWithLowTtl}] = await Promise.all([
      import('../runs/run.ts'),
      import('../runs/replace-run.ts'),
    ])
    const report = await (flags['lower-ttl'] ? replaceWithLowTtl : runCommand)({
      ...flags,
      command: flags.rollback ? 'replace --rollback' : 'replace',
      goal: {kind: 'up'},
      request: {
        kind: flags.rollback ? 'rollback' : 'renew',
        ...(flags.group ? {groups: flags.group} : {}),
        ...(instances.length > 0 ? {instances} : {}),
      },
      allowEmpty: flags['allow-empty'],
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
