import {fleetFlags, McdCommand, sandboxFlag} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import {EXIT, FleetFileError, type Problem} from '../errors.ts'
import type {Origin} from '../fleet/file/effective.ts'

type ConfigReport = {
  /** Paths as --set takes them. */
  readonly values: readonly {readonly path: string; readonly value: unknown; readonly origin: Origin}[]
  readonly problems: readonly Problem[]
}

export default class ShowConfig extends McdCommand {
  static override summary = 'Show what the fleet files come to, and where each value is from.'
  static override description =
    'One fleet file out of all of -f and --set, each value with its place in a comment. Variables are shown as they are written, never what they hold. Asks no cloud and changes nothing. With mistakes it shows what there is, then every mistake.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -f mcd.yaml -f production.yaml --set groups.virginia.count=3',
    '<%= config.bin %> <%= command.id %> --defaults',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: {
      ...sandboxFlag,
      description: 'As for the embedded clouds, which bring credentials of their own.',
    },
    defaults: Flags.boolean({description: 'Show also what holds where nothing is said.', default: false}),
  }

  async run(): Promise<ConfigReport> {
    const {flags} = await this.parse(ShowConfig)
    const [{readConfig}, {configText}, {settingPath}] = await Promise.all([
      import('../runs/read-config.ts'),
      import('../output/config-text.ts'),
      import('../fleet/file/setting.ts'),
    ])
    const {values, problems} = await readConfig(flags)
    this.logExactly(configText(values))
    if (problems.length > 0 && !this.jsonEnabled()) throw new FleetFileError(problems)
    if (problems.length > 0) process.exitCode = EXIT.usage
    return {
      values: values.map(({path, value, origin}) => ({path: settingPath(path), value, origin})),
      problems,
    }
  }
}
