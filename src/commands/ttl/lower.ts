import {fleetFlags, McdCommand, sandboxFlag, waitFlag} from '../../command-line/command.ts'
import {Args, Flags} from '../../command-line/oclif.ts'
import {parseDuration} from '../../duration.ts'
import {UsageError} from '../../errors.ts'
import type {RunReport} from '../../runs/run-flags.ts'

export default class TtlLower extends McdCommand {
  static override summary =
    'Lower the TTL ahead of a change, and wait until the longer one has passed everywhere.'
  static override description =
    'What is changed afterwards is quick: drains wait for the lowered TTL alone. It stays lowered, whatever else is run, until "mcd ttl restore". Without a TTL it becomes the shortest that makes sense: 5 s on Route53, 60 s on CloudFlare. An instance that registers itself between two runs enters with the TTL of the fleet file; the next run lowers it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 30s --name www.example.com',
  ]
  static override args = {
    ttl: Args.string({description: 'The TTL until it is restored, such as 30s.', name: 'TTL'}),
  }
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    wait: waitFlag,
    name: Flags.string({
      description: 'Lower only the TTL of this full name. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    timeout: Flags.string({
      description: "How long to wait until the vendor's servers follow. The longer TTL is not counted.",
      default: '10m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport> {
    const {args, flags} = await this.parse(TtlLower)
    const ttlMs = args.ttl === undefined ? undefined : parseDuration(args.ttl)
    if (args.ttl !== undefined && (ttlMs === undefined || ttlMs % 1_000 !== 0))
      throw new UsageError(`A TTL is whole seconds with a unit, such as 30s or 1m; "${args.ttl}" is not.`)
    const {runCommand} = await import('../../runs/run.ts')
    const report = await runCommand({
      ...flags,
      command: 'ttl lower',
      goal: {kind: 'sync'},
      request: {
        kind: 'lower-ttl',
        ...(flags.name ? {names: flags.name} : {}),
        ...(ttlMs === undefined ? {} : {ttlSeconds: ttlMs / 1_000}),
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
