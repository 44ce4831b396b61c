import {canAsk} from '../command-line/confirm.ts'
import {EXIT, UsageError} from '../errors.ts'
import {completed} from '../output/call.ts'
import {runCommand} from './run.ts'
import type {RunFlags, RunReport} from './run-flags.ts'

/**
 * `mcd replace --lower-ttl`: a replacement whose drains wait for a TTL that was lowered before, and is the fleet file's again
 * after. Three runs, each of which may be cut short: run again, they go on from there.
 */
export async function replaceWithLowTtl(replace: RunFlags): Promise<RunReport> {
  // Asked for only when the TTL has been lowered and waited out: nobody is to wait for a refusal.
  if (!replace.yes && !canAsk(replace.json))
    throw new UsageError('A replacement ends instances.', {suggestions: ['Add --yes to allow it.']})
  const {batch: _, pause: __, ...common} = {...replace, goal: {kind: 'sync'} as const, isPart: true}
  const lowered = await runCommand({...common, command: 'ttl lower', request: {kind: 'lower-ttl'}})
  if (lowered.exit !== EXIT.done) return lowered
  const report = await runCommand({...replace, isPart: true})
  if (report.exit !== EXIT.done) {
    process.stderr.write(completed('The TTL stays lowered: run the same again, or "mcd ttl restore".\n'))
    return report
  }
  const restored = await runCommand({
    ...common,
    isPart: false,
    command: 'ttl restore',
    request: {kind: 'restore-ttl'},
  })
  return {...restored, run: report.run, actions: report.actions}
}
