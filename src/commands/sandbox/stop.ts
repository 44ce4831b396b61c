import {fileFlag, folderOf, McdCommand} from '../../command-line/command.ts'

export default class SandboxStop extends McdCommand {
  static override summary = 'End the embedded clouds of this folder, their instances and their journals.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = {file: fileFlag}

  async run(): Promise<{stopped: boolean}> {
    const {flags} = await this.parse(SandboxStop)
    const {stopSandbox} = await import('../../sandbox/client.ts')
    const stopped = await stopSandbox(folderOf(flags.file))
    this.log(stopped ? 'The sandbox has ended.' : 'No sandbox was running here.')
    return {stopped}
  }
}
