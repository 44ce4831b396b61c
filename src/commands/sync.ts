import {fleetFlags, McdCommand, sandboxFlag, waitFlag} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import type {RunReport} from '../runs/run-flags.ts'

export default class Sync extends McdCommand {
  static override summary =
    'Bring DNS in line with the instances that live and are healthy. Launches and ends nothing.'
  static override description =
    'Checks the health of every instance. Those that fail leave DNS until they recover, records of instances that are gone are removed, and lost or changed records of ours are put right. What cannot be seen stays as it is, and so do the last addresses of a name.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch --interval 30s',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    wait: waitFlag,
    'allow-empty': Flags.boolean({
      description: 'Allow the last serving address to leave DNS.',
      default: false,
    }),
    'allow-shrink': Flags.boolean({
      description: "Allow more than half of a name's addresses to leave DNS at once.",
      default: false,
    }),
    watch: Flags.boolean({
      description: 'Go on until Ctrl-C, one line a change.',
      default: false,
      exclusive: ['json'],
    }),
    interval: Flags.string({
      description: 'Time between two rounds of --watch.',
      default: '30s',
      helpValue: 'DURATION',
      dependsOn: ['watch'],
    }),
    timeout: Flags.string({
      description: "How long to go on trying while the vendor's servers follow.",
      default: '2m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport | undefined> {
    const {flags} = await this.parse(Sync)
    const signal = this.interruptible({quiet: flags.watch})
    const common = {allowEmpty: flags['allow-empty'], allowShrink: flags['allow-shrink'], signal}
    if (flags.watch) {
      const {watchCommand} = await import('../runs/watch-sync.ts')
      await watchCommand({...flags, ...common}, line => this.log(line))
      return undefined
    }
    const {runCommand} = await import('../runs/run.ts')
    const report = await runCommand({
      ...flags,
      ...common,
      command: 'sync',
      yes: false,
      goal: {kind: 'sync'},
      json: this.jsonEnabled(),
    })
    process.exitCode = report.exit
    return report
  }
}
