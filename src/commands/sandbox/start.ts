import {fileFlag, folderOf, McdCommand} from '../../command-line/command.ts'
import {Flags} from '../../command-line/oclif.ts'
import {formatDuration, parseDuration} from '../../duration.ts'
import {UsageError} from '../../errors.ts'
import type {MachinesMode} from '../../sandbox/machines/hypervisor.ts'
import type {SandboxEndpoints} from '../../sandbox/running.ts'
import {endpointLines} from '../../sandbox/status-text.ts'

export default class SandboxStart extends McdCommand {
  static override summary = 'Start the embedded clouds of this folder.'
  static override description =
    'EC2, Triton, CloudFlare and Route53 on loopback, for the fleet files of one folder. They run in the background until "mcd sandbox stop", or until nobody has used them for a while.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --machines shared --idle 2h',
  ]
  static override flags = {
    file: fileFlag,
    machines: Flags.option({
      options: ['auto', 'processes', 'shared'] as const satisfies MachinesMode[],
      description:
        'Instances as processes of their own, or all inside the sandbox (for hundreds); auto is processes up to 20.',
    })({default: 'auto'}),
    idle: Flags.string({
      description: 'End by itself after this long without a request from outside.',
      default: '30m',
      helpValue: 'DURATION',
    }),
  }

  async run(): Promise<{pid: number; machines: MachinesMode; endpoints: SandboxEndpoints}> {
    const {flags} = await this.parse(SandboxStart)
    const idleMs = parseDuration(flags.idle)
    if (!idleMs)
      throw new UsageError(
        `--idle must be a duration with a unit, such as 90s or 30m; "${flags.idle}" is not.`,
      )
    const {ensureSandbox} = await import('../../sandbox/client.ts')
    const sandbox = await ensureSandbox(folderOf(flags.file), {
      machines: flags.machines,
      idleMs,
    })
    // One that ran already keeps the settings it was started with.
    const {pid, machines, endpoints} = sandbox
    this.log(
      `The sandbox runs (process ${pid}) and ends after ${formatDuration(sandbox.idleMs)} without use.`,
    )
    this.log(endpointLines(endpoints))
    this.log('For other clients:  eval "$(mcd sandbox env)"')
    return {pid, machines, endpoints}
  }
}
