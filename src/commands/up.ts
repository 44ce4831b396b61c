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

/** Of every command that makes the fleet what a fleet file says. */
export const upFlags = {
  ...fleetFlags,
  sandbox: sandboxFlag,
  yes: yesFlag,
  wait: waitFlag,
  now: nowFlag,
  format: formatFlag,
  'allow-empty': Flags.boolean({
    description: 'Allow the last serving address to leave DNS.',
    default: false,
  }),
  batch: Flags.string({
    description:
      'How many instances of a group are replaced at a time, or which part of it. Default: rollout.batch.',
    helpValue: 'N|N%',
  }),
  pause: Flags.string({
    description:
      'How long a new batch serves beside the old instances before they leave. Default: rollout.pause.',
    helpValue: 'DURATION',
  }),
  'refresh-images': Flags.boolean({
    description: 'Move image aliases to the newest image; otherwise they stay at what lives.',
    default: false,
  }),
  timeout: Flags.string({
    description:
      'How long to wait for instances to boot, serve and register, in a rollout for those of each batch. Drains are not counted.',
    default: '10m',
    helpValue: 'DURATION',
  }),
}

export default class Up extends McdCommand {
  static override summary = 'Make the fleet what the fleet file says.'
  static override description =
    'Launches what is missing, waits until every instance is running, healthy and in DNS, and drains and ends what is too much. A changed launch spec is rolled out a batch at a time. Prints its plan first and asks only when instances would be ended. Running it again is always safe.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sandbox',
    '<%= config.bin %> <%= command.id %> --yes --json -f production.yaml',
    '<%= config.bin %> <%= command.id %> --plan approved.json',
  ]
  static override flags = {
    ...upFlags,
    plan: Flags.string({
      description:
        'Carry out exactly this plan, of "mcd plan --out": it counts as approved, and is refused when anything has moved since.',
      helpValue: 'FILE',
      exclusive: ['batch', 'now', 'pause', 'refresh-images'],
    }),
  }

  async run(): Promise<RunReport> {
    const {flags} = await this.parse(Up)
    const {runCommand} = await import('../runs/run.ts')
    const report = await runCommand({
      ...flags,
      command: 'up',
      goal: {kind: 'up'},
      allowEmpty: flags['allow-empty'],
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
