import {fileFlag, folderOf, McdCommand} from '../../../command-line/command.ts'
import {Args} from '../../../command-line/oclif.ts'
import {UsageError} from '../../../errors.ts'

export default class SandboxFaultClear extends McdCommand {
  static override summary =
    'End one fault, or all: held requests take effect and held answers go out, sick instances recover.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> 2']
  static override args = {
    id: Args.string({description: 'As "mcd sandbox fault list" shows it; all without one.'}),
  }
  static override flags = {file: fileFlag}

  async run(): Promise<{cleared: number}> {
    const {args, flags} = await this.parse(SandboxFaultClear)
    const {clearFaults, theSandbox} = await import('../../../sandbox/client.ts')
    const cleared = await clearFaults(await theSandbox(folderOf(flags.file)), args.id)
    if (args.id !== undefined && cleared === 0)
      throw new UsageError(`No fault ${args.id} is in force.`, {
        suggestions: ['"mcd sandbox fault list" shows those that are.'],
      })
    this.log(
      cleared === 0
        ? 'No fault was in force.'
        : `${cleared === 1 ? 'One fault' : `${cleared} faults`} cleared.`,
    )
    return {cleared}
  }
}
