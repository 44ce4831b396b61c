import {fleetFlags, McdCommand, sandboxFlag, waitFlag} from '../../command-line/command.ts'
import {Flags} from '../../command-line/oclif.ts'
import type {RunReport} from '../../runs/run-flags.ts'

export default class TtlRestore extends McdCommand {
  static override summary = 'Put the TTL of the fleet file back, after "mcd ttl lower".'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --name www.example.com',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    wait: waitFlag,
    name: Flags.string({
      description: 'Restore only the TTL of this full name. Can be repeated.',
      multiple: true,
      helpValue: 'NAME',
    }),
    timeout: Flags.string({
      description: "How long to go on trying while the vendor's servers follow.",
      default: '2m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<RunReport> {
    const {flags} = await this.parse(TtlRestore)
    const {runCommand} = await import('../../runs/run.ts')
    const report = await runCommand({
      ...flags,
      command: 'ttl restore',
      goal: {kind: 'sync'},
      request: {kind: 'restore-ttl', ...(flags.name ? {names: flags.name} : {})},
      yes: false,
      allowEmpty: false,
      json: this.jsonEnabled(),
      signal: this.interruptible(),
    })
    process.exitCode = report.exit
    return report
  }
}
