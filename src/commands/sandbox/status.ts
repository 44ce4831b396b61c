import {fileFlag, folderOf, McdCommand} from '../../command-line/command.ts'
import type {SandboxEndpoints} from '../../sandbox/running.ts'
import type {SandboxStatus as RunningStatus} from '../../sandbox/status.ts'

type Status =
  | {running: false}
  | ({
      running: true
      endpoints: SandboxEndpoints /** One port per vendor, both on 127.0.0.1 (decision 38). */
      dns: Record<'cloudflare' | 'route53', number>
    } & RunningStatus)

export default class SandboxStatus extends McdCommand {
  static override summary =
    'Show where the embedded clouds are, their instances and the requests they served.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {file: fileFlag}

  async run(): Promise<Status> {
    const {flags} = await this.parse(SandboxStatus)
    const [{findSandbox, sandboxStatus}, {sandboxText}] = await Promise.all([
      import('../../sandbox/client.ts'),
      import('../../sandbox/status-text.ts'),
    ])
    const sandbox = await findSandbox(folderOf(flags.file))
    if (!sandbox) {
      this.log('No sandbox is running here. "mcd sandbox start" starts one.')
      return {running: false}
    }
    const status = await sandboxStatus(sandbox)
    this.log(sandboxText(sandbox.endpoints, status))
    const {cloudflare, route53} = sandbox.endpoints.dns
    return {
      running: true,
      endpoints: sandbox.endpoints,
      dns: {cloudflare: cloudflare.port, route53: route53.port},
      ...status,
    }
  }
}
