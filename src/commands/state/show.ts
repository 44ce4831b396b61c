import {fleetFlags, journalOfSandboxFlag, McdCommand} from '../../command-line/command.ts'
import type {StateReport} from '../../state/state-report.ts'

export default class StateShow extends McdCommand {
  static override summary = 'Show what the journal knows. Changes nothing.'
  static override description =
    'Accounts, zones, names and their TTLs, what is under way, and who holds the lease. Reads the journal alone: "mcd status" shows what really stands there. Times are UTC.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {...fleetFlags, sandbox: journalOfSandboxFlag}

  async run(): Promise<StateReport> {
    const {flags} = await this.parse(StateShow)
    const [{readRecordedFleet}, {stateReport}, {stateText}] = await Promise.all([
      import('../../state/recorded-fleet.ts'),
      import('../../state/state-report.ts'),
      import('../../output/state-text.ts'),
    ])
    const report = stateReport(await readRecordedFleet(flags))
    this.log(stateText(report))
    if (report.events === 0) this.hintAtSandbox(flags)
    return report
  }
}
