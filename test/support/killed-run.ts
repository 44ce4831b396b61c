import {addFault, clearFaults, findSandbox, listFaults, sandboxStatus} from '../../src/sandbox/client.ts'
import type {Sandbox} from '../../src/sandbox/running.ts'
import type {FaultOrder, FaultReport} from '../../src/sandbox/world/faults/kinds.ts'
import type {Workplace} from './cli.ts'
import {eventually} from './eventually.ts'
import {isReading} from './request-log.ts'

/**
 * Where a run is killed: its request never arrives, arrives when the run is dead, or has taken effect and the run never
 * hears of it. The journal has the intent then and no outcome.
 */
const KINDS = ['timeout', 'hold-before', 'hold-after'] as const

/** One of a command's calls that change something: `ec2:RunInstances`, the second one. */
export type KillPoint = {
  readonly call: string
  readonly skip: number
  readonly kind: (typeof KINDS)[number]
}

export const nameOf = ({call, skip, kind}: KillPoint): string =>
  `${kind} ${call}${skip > 0 ? ` (${skip + 1})` : ''}`

/** Every point of the command whose requests the sandbox has logged since `since` of them. */
export async function killPoints(sandbox: Sandbox, since = 0): Promise<KillPoint[]> {
  const {requests} = await sandboxStatus(sandbox)
  const seen = new Map<string, number>()
  return requests.slice(since).flatMap(({service, action, principal}) => {
    if (principal.name !== 'operator' || isReading(action)) return []
    const call = `${service}:${action}`
    const skip = seen.get(call) ?? 0
    seen.set(call, skip + 1)
    return KINDS.map(kind => ({call, skip, kind}))
  })
}

/**
 * Runs the command, and kills it with SIGKILL when the fault has caught its request; what was held goes on then unless it
 * shall stay on its way. Returns false where the command ended before.
 */
export async function runKilled(
  place: Workplace,
  command: readonly string[],
  order: FaultOrder,
): Promise<boolean> {
  const sandbox = await sandboxOf(place)
  const {id} = await addFault(sandbox, order)
  const isCaught = async () => hasFired((await listFaults(sandbox)).find(fault => fault.id === id))
  return killWhen(place, command, isCaught).finally(() => clearFaults(sandbox))
}

const hasFired = (fault: FaultReport | undefined): boolean => fault !== undefined && fault.fired > 0

/** Kills the command when the time has come. Returns false where it ended before. */
export async function killWhen(
  place: Workplace,
  command: readonly string[],
  hasCome: () => Promise<boolean>,
): Promise<boolean> {
  const run = place.begin([...command, '--sandbox', '--json'])
  let hasEnded = false
  void run.ended.then(() => {
    hasEnded = true
  })
  await eventually(async () => hasEnded || (await hasCome()), {deadlineMs: 100_000, everyMs: 5})
  const isKilled = !hasEnded
  run.kill('SIGKILL')
  await run.ended
  return isKilled
}

export async function sandboxOf({folder}: Workplace): Promise<Sandbox> {
  const sandbox = await findSandbox(folder)
  if (!sandbox) throw new Error(`no sandbox runs in ${folder}`)
  return sandbox
}
