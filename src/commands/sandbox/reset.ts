import {fileFlag, folderOf, McdCommand} from '../../command-line/command.ts'

export default class SandboxReset extends McdCommand {
  static override summary =
    'Empty the embedded clouds: no instances, no records, no journals; the same endpoints.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = {file: fileFlag}

  async run(): Promise<{reset: boolean}> {
    const {flags} = await this.parse(SandboxReset)
    const {resetSandbox} = await import('../../sandbox/client.ts')
    const reset = await resetSandbox(folderOf(flags.file))
    this.log(reset ? 'The sandbox is empty again.' : 'No sandbox was running here.')
    return {reset}
  }
}
