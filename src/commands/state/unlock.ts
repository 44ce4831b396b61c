import {fleetFlags, journalOfSandboxFlag, McdCommand, yesFlag} from '../../command-line/command.ts'
import type {UnlockReport} from '../../runs/unlock.ts'

export default class StateUnlock extends McdCommand {
  static override summary = 'Free a fleet from a run that hangs, or is dead for sure.'
  static override description =
    'A run that died on this host needs no unlocking, and one that died elsewhere is succeeded after 30 seconds without a sign of life. This is for a run that hangs: it ends at its next step with exit status 4, and the next one begins at once.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --yes --json',
  ]
  static override flags = {
    ...fleetFlags,
    sandbox: journalOfSandboxFlag,
    yes: {...yesFlag, description: 'Do not ask.'},
  }

  async run(): Promise<UnlockReport> {
    const {flags} = await this.parse(StateUnlock)
    const {unlockFleet} = await import('../../runs/unlock.ts')
    return unlockFleet({...flags, json: this.jsonEnabled()}, text => this.log(text))
  }
}
