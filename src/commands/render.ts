import type {FleetCheck} from '../check/check-groups.ts'
import {fleetFlags, McdCommand, sandboxFlag} from '../command-line/command.ts'
import {Args, Flags} from '../command-line/oclif.ts'
import {EXIT} from '../errors.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import type {RenderedGroup} from '../runs/render-fleet.ts'

export default class Render extends McdCommand {
  static override summary = 'Show the exact userdata that would be sent, secrets masked. Changes nothing.'
  static override description =
    'With --check, looks for mistakes instead: unknown and unused variables, unquoted values, size, and what sh, shellcheck and cloud-init say, where they are installed.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> virginia',
    '<%= config.bin %> <%= command.id %> --check',
  ]
  static override args = {group: Args.string({description: 'Only this group.'})}
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    check: Flags.boolean({
      description: `Look for mistakes instead of showing it; exit with ${EXIT.usage} when there are any.`,
      default: false,
    }),
  }

  async run(): Promise<{groups: RenderedGroup[]} | FleetCheck> {
    const {args, flags} = await this.parse(Render)
    if (flags.check) return this.#check(flags, args.group)
    const {renderFleet, renderText} = await import('../runs/render-fleet.ts')
    const groups = await renderFleet({...flags, signal: this.interruptible({looks: true})}, args.group)
    for (const {note, text} of groups.map(renderText)) {
      this.logToStderr(note)
      this.logExactly(text)
    }
    return {groups}
  }

  async #check(flags: FleetSource & {sandbox: boolean}, group: string | undefined): Promise<FleetCheck> {
    const {checkRendered} = await import('../runs/render-fleet.ts')
    const {checkText} = await import('../output/check-text.ts')
    const check = await checkRendered({...flags, signal: this.interruptible({looks: true})}, group)
    this.log(checkText(check))
    if (check.findings.length > 0) process.exitCode = EXIT.usage
    return check
  }
}
