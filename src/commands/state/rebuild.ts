import {fleetFlags, McdCommand, sandboxFlag, waitFlag, yesFlag} from '../../command-line/command.ts'
import type {RebuildReport} from '../../runs/rebuild-state.ts'

export default class StateRebuild extends McdCommand {
  static override summary = 'Begin the journal anew with what the clouds and the zone show.'
  static override description =
    'For a journal that is lost, damaged or of another day. Reads every place and zone and takes what carries the marks of this fleet; changes nothing there. Refuses while anything cannot be read: what is unknown would be forgotten. What the journal told before stays in it as history, and a file that cannot be read as a journal is moved aside.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --yes --json',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: sandboxFlag,
    yes: {...yesFlag, description: 'Do not ask before the journal begins anew.'},
    wait: waitFlag,
  }

  async run(): Promise<RebuildReport> {
    const {flags} = await this.parse(StateRebuild)
    const {rebuildState} = await import('../../runs/rebuild-state.ts')
    const report = await rebuildState({...flags, json: this.jsonEnabled(), signal: this.interruptible()})
    this.log(
      `The journal of fleet ${report.fleet} begins anew. "mcd plan" shows what the fleet file asks for beyond it.`,
    )
    return report
  }
}
