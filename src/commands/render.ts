import {Args} from '@oclif/core'
import {fileFlag, McdCommand, sandboxFlag} from '../command.ts'
import type {RenderedGroup} from '../render-fleet.ts'

export default class Render extends McdCommand {
  static override summary = 'Show the exact userdata that would be sent, secrets masked. Changes nothing.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> virginia',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override args = {group: Args.string({description: 'Only this group.'})}
  static override flags = {file: fileFlag, sandbox: sandboxFlag}

  async run(): Promise<{groups: RenderedGroup[]}> {
    const {args, flags} = await this.parse(Render)
    const {renderFleet, renderText} = await import('../render-fleet.ts')
    const groups = await renderFleet({...flags, signal: this.interruptible()}, args.group)
    for (const {note, text} of groups.map(renderText)) {
      this.logToStderr(note)
      this.log(text)
    }
    return {groups}
  }
}
