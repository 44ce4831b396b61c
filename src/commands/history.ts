import {fleetFlags, journalOfSandboxFlag, McdCommand} from '../command-line/command.ts'
import {Args, Flags} from '../command-line/oclif.ts'

export default class History extends McdCommand {
  static override summary =
    'Show every run and what it did: steps, results, retries, drains. Changes nothing.'
  static override description =
    'Without RUN the runs are listed, the newest last. With RUN each recorded step of that run is shown, and where in the run it happened. Reads the journal alone: no cloud is asked. Times are UTC.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> last',
    '<%= config.bin %> <%= command.id %> 3f2a9c1e --timeline run.svg',
    '<%= config.bin %> <%= command.id %> last --json',
  ]
  static override args = {
    run: Args.string({description: 'A run by its id or the beginning of it, or "last".', name: 'RUN'}),
  }
  static override flags = {
    ...fleetFlags,
    sandbox: journalOfSandboxFlag,
    timeline: Flags.string({
      description: 'Draw a timeline of the run into this SVG file; without RUN, of the last one.',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<object> {
    const {args, flags} = await this.parse(History)
    const [{readRecordedFleet}, {historyOf}, {findRun}, texts, json] = await Promise.all([
      import('../state/recorded-fleet.ts'),
      import('../fleet/history/history.ts'),
      import('../fleet/history/find-run.ts'),
      import('../output/history-text.ts'),
      import('../output/history-json.ts'),
    ])
    const {fleet, events, holder} = await readRecordedFleet(flags)
    const runs = historyOf(events)
    const open = OPEN_RUN[holder.kind]
    const wanted = args.run ?? (flags.timeline === undefined ? undefined : 'last')
    if (wanted === undefined) {
      this.log(texts.runsText(fleet.name, runs, open))
      if (runs.length === 0) this.hintAtSandbox(flags)
      return {fleet: fleet.name, runs: runs.map(run => json.runSummary(run, open))}
    }
    const run = findRun(runs, wanted)
    this.log(texts.runText(run, open, process.stdout.columns))
    if (flags.timeline !== undefined) {
      const [{timelineSvg}, {writeOutput}] = await Promise.all([
        import('../output/timeline-svg.ts'),
        import('../output/write-output.ts'),
      ])
      await writeOutput(flags.timeline, timelineSvg(fleet.name, run))
      this.log(`\nThe timeline is in ${flags.timeline}.`)
    }
    return {fleet: fleet.name, ...json.runDetails(run, open)}
  }
}

/** What the standing of the lease says of a run without an end. */
const OPEN_RUN = {free: 'stopped', left: 'stopped', alive: 'works', unknown: 'unknown'} as const
