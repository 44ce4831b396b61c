import {fileFlag, folderOf, McdCommand} from '../../command-line/command.ts'

export default class SandboxEnv extends McdCommand {
  static override summary =
    'Print the variables that point other clients at the embedded clouds; starts them when needed.'
  static override description =
    'For the AWS CLI, Terraform, the triton CLI and whatever else reads their variables. The exports hold for as long as the sandbox runs.'
  static override examples = ['eval "$(<%= config.bin %> <%= command.id %>)"']
  static override flags = {file: fileFlag}

  async run(): Promise<Record<string, string>> {
    const {flags} = await this.parse(SandboxEnv)
    const [{ensureSandbox}, {sandboxEnvironment, shellLines}] = await Promise.all([
      import('../../sandbox/client.ts'),
      import('../../sandbox/environment.ts'),
    ])
    const environment = sandboxEnvironment(await ensureSandbox(folderOf(flags.file)))
    this.log(shellLines(environment))
    return environment
  }
}
