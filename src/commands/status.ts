import {Flags} from '@oclif/core'
import {fileFlag, McdCommand, sandboxFlag} from '../command.ts'
import {EXIT} from '../errors.ts'
import type {FleetStatus} from '../fleet/status/report.ts'

export default class Status extends McdCommand {
  static override summary = 'Show declared, live and DNS side by side. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --check --json',
    '<%= config.bin %> <%= command.id %> --watch',
  ]
  static override flags = {
    file: fileFlag,
    sandbox: sandboxFlag,
    check: Flags.boolean({
      description: `Exit with ${EXIT.differences} when anything differs.`,
      default: false,
    }),
    watch: Flags.boolean({
      description: 'Show it again every few seconds, until Ctrl-C.',
      default: false,
      exclusive: ['json'],
    }),
  }

  async run(): Promise<FleetStatus> {
    const {flags} = await this.parse(Status)
    const [{openContext}, {fleetStatus, watchStatus}, {statusText}, {standingHere}] = await Promise.all([
      import('../context.ts'),
      import('../fleet/status/look.ts'),
      import('../output/status-text.ts'),
      import('../this-run.ts'),
    ])
    const context = await openContext({
      file: flags.file,
      sandbox: flags.sandbox,
      journal: 'read',
      signal: this.interruptible({quiet: flags.watch}),
    })
    try {
      const status = flags.watch
        ? await watchStatus(context.outside, context.fleet, standingHere, async seen =>
            this.log(
              `${new Date().toISOString()}\n${statusText(await context.locate(seen), process.stdout.columns)}\n`,
            ),
          )
        : await context.locate(await fleetStatus(context.outside, context.fleet, standingHere))
      if (!flags.watch) this.log(statusText(status, process.stdout.columns))
      if (flags.check && !status.converged) process.exitCode = EXIT.differences
      return status
    } finally {
      await context.close()
    }
  }
}
