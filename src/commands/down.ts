import {
  fleetFlags,
  formatFlag,
  McdCommand,
  nowFlag,
  sandboxFlag,
  waitFlag,
  yesFlag,
} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import type {RunReport} from '../runs/run-flags.ts'

export default class Down extends McdCommand {
  static override summary = 'Take the fleet out of DNS, wait until resolvers have forgotten it, and end it.'
  static override description =
    'Without --group or --instance the whole fleet ends, with every record and security group mcd made. An instance leaves DNS first and is ended only after the published TTL has passed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --group east --yes',
    '<%= config.bin %> <%= command.id %> --instance i-0abc --yes',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    yes: yesFlag,
    wait: waitFlag,
    now: nowFlag,
    format: formatFlag,
    group: Flags.string({
      description: 'End only this group. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    instance: Flags.string({
      description: 'End only this instance. Can be repeated.',
      multiple: true,
      helpValue: 'ID',
    }),
    'allow-empty': Flags.boolean({
      description: 'Allow the last serving address to leave DNS (with --group and --instance).',
      default: false,
    }),
    timeout: Flags.string({
      description: 'How long to wait for instances to end. Drains are not counted.',
      default: '10m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport> {
    const {flags} = await this.parse(Down)
    const {runCommand} = await import('../runs/run.ts')
    const goal = {
      kind: 'down',
      ...(flags.group ? {groups: flags.group} : {}),
      ...(flags.instance ? {instances: flags.instance} : {}),
    } as const
    const report = await runCommand({
      ...flags,
      command: 'down',
      goal,
      allowEmpty: flags['allow-empty'],
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
