import {fileFlag, folderOf, McdCommand} from '../../../command-line/command.ts'
import {faultLine} from '../../../sandbox/fault-text.ts'
import type {FaultReport} from '../../../sandbox/world/faults/kinds.ts'

export default class SandboxFaultList extends McdCommand {
  static override summary = 'Show the faults in force, how often each fired, and how many requests it holds.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {file: fileFlag}

  async run(): Promise<FaultReport[]> {
    const {flags} = await this.parse(SandboxFaultList)
    const {listFaults, theSandbox} = await import('../../../sandbox/client.ts')
    const faults = await listFaults(await theSandbox(folderOf(flags.file)))
    this.log(faults.length > 0 ? faults.map(faultLine).join('\n') : 'No fault is in force.')
    return faults
  }
}
