import {fleetFlags, formatFlag, McdCommand, NEW_SANDBOX, sandboxFlag} from '../command-line/command.ts'
import {Flags} from '../command-line/oclif.ts'
import {resolverFlags, resolversOf} from '../command-line/resolver-flags.ts'
import {EXIT} from '../errors.ts'
import type {FleetStatus} from '../fleet/status/report.ts'
import {momentText} from '../moment-text.ts'

export default class Status extends McdCommand {
  static override summary = 'Show declared, live and DNS side by side. Changes nothing.'
  static override description =
    'Beside what the zone holds stands what its own name servers and public resolvers really answer now. Each difference comes with its reason and with the command that mends it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --check --json',
    '<%= config.bin %> <%= command.id %> --check --format markdown',
    '<%= config.bin %> <%= command.id %> --check --notify',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --resolver 9.9.9.9',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    ...resolverFlags,
    format: formatFlag,
    check: Flags.boolean({
      description: `Exit with ${EXIT.differences} when anything differs.`,
      default: false,
    }),
    notify: Flags.boolean({
      description: 'Tell the receivers in "notify" of drift that is found. For a nightly job.',
      default: false,
      dependsOn: ['check'],
    }),
    watch: Flags.boolean({
      description: 'Show it again every few seconds, until Ctrl-C.',
      default: false,
      exclusive: ['json', 'format', 'notify'],
    }),
  }

  async run(): Promise<FleetStatus> {
    const {flags} = await this.parse(Status)
    const [
      {openContext},
      {fleetStatus, watchStatus},
      {tellDrift},
      {statusText},
      {statusMarkdown},
      {standingHere, thisRun},
    ] = await Promise.all([
      import('../surroundings/context.ts'),
      import('../fleet/status/look.ts'),
      import('../fleet/notices/tell-drift.ts'),
      import('../output/status-text.ts'),
      import('../output/status-markdown.ts'),
      import('../state/this-run.ts'),
    ])
    const context = await openContext({
      file: flags.file,
      set: flags.set,
      sandbox: flags.sandbox,
      journal: 'read',
      resolvers: await resolversOf(flags),
      signal: this.interruptible({looks: true}),
      looks: true,
    })
    if (context.isNewSandbox) this.logToStderr(NEW_SANDBOX)
    try {
      const {outside, fleet} = context
      const once = async () => {
        const look = await fleetStatus(outside, fleet, standingHere)
        const status = await context.locate(look.status)
        this.log(
          flags.format === 'markdown' ? statusMarkdown(status) : statusText(status, process.stdout.columns),
        )
        const news = flags.notify ? await tellDrift(outside, fleet, look, thisRun()) : []
        for (const text of news) this.logToStderr(text)
        return status
      }
      const status = flags.watch
        ? await watchStatus(outside, fleet, standingHere, async seen =>
            this.log(
              `${momentText(Date.now())}\n${statusText(await context.locate(seen), process.stdout.columns)}\n`,
            ),
          )
        : await once()
      if (flags.check && !status.converged) process.exitCode = EXIT.differences
      return status
    } finally {
      await context.close()
    }
  }
}
