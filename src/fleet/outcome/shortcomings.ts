import {stripVTControlCharacters} from 'node:util'
import {McdError} from '../../errors.ts'
import type {Instance} from '../../providers/compute.ts'
import {conceal, secretsIn} from '../../secret.ts'
import type {Desired} from '../desired.ts'
import {type Observed, shownInstances} from '../observed.ts'
import type {Outside} from '../outside.ts'
import type {Action, Note, Plan} from '../plan/action.ts'

const BOOT_LOG_LINES = 6
/** Boot logs asked for in one run: the reason is mostly the same for all. */
const MAX_BOOT_LOGS = 3

/** Why each instance that was waited for is not there yet (decision 34). */
export async function explainWaits(
  outside: Outside,
  desired: Desired,
  observed: Observed,
  waiting: readonly Action[],
): Promise<Note[]> {
  const instances = new Map(shownInstances(observed).map(instance => [instance.id, instance]))
  const notes: Note[] = []
  let logs = 0
  for (const action of waiting) {
    if (action.kind !== 'wait') continue
    const why = action.until === 'registered' ? await registrationTrouble(outside, desired) : []
    for (const id of action.instances) {
      const instance = instances.get(id)
      const tail =
        instance && action.until !== 'gone' && logs++ < MAX_BOOT_LOGS
          ? await bootLogTail(outside, desired, instance)
          : undefined
      notes.push({
        kind: action.until === 'registered' ? 'not-registered' : 'unhealthy',
        text: [sentence(action.until, id, instance, observed), ...why, tail].filter(Boolean).join(' '),
        blocks: true,
        instance: id,
      })
    }
    const unborn = action.count - action.instances.length
    if (unborn > 0)
      notes.push({
        kind: 'unhealthy',
        text: `${unborn} of group ${action.group} did not appear in time.`,
        blocks: true,
      })
  }
  return notes
}

/** The end of a rollout that came no further: who stays as it was, and both ways out. */
export function explainRollout({actions, notes}: Plan): Note[] {
  const left = actions.filter(action => action.kind === 'replace')
  if (left.length === 0) return []
  const groups = left.map(({group, instances}) => `${instances.length} of group ${group}`)
  const isSpec = left.some(({cause}) => cause === 'launch-spec')
  const spec = isSpec ? ' with their older launch spec' : ''
  const back = isSpec ? ', or return to the launch spec before with "mcd replace --rollback"' : ''
  const isShort = notes.some(({kind, blocks}) => blocks && kind === 'shortfall')
  const on = isShort
    ? 'Run "mcd up" again once there is room'
    : 'Mend the fleet file or the template and run "mcd up"'
  return [
    {
      kind: 'rollout-stopped',
      text: `The rollout stopped: ${groups.join(' and ')} stay as they are${spec}. ${on}${back}.`,
      blocks: true,
    },
  ]
}

/** What the guests themselves said, for those that the plan found not to serve any more. */
export async function withBootLogs(
  outside: Outside,
  desired: Desired,
  observed: Observed,
  notes: readonly Note[],
): Promise<Note[]> {
  let logs = 0
  return Promise.all(
    notes.map(async note => {
      if (note.kind !== 'unhealthy' || logs++ >= MAX_BOOT_LOGS) return note
      const instance = shownInstances(observed).find(({id}) => id === note.instance)
      const tail = instance && (await bootLogTail(outside, desired, instance))
      return tail === undefined ? note : {...note, text: `${note.text} ${tail}`}
    }),
  )
}

function sentence(
  until: 'healthy' | 'registered' | 'gone',
  id: string,
  instance: Instance | undefined,
  observed: Observed,
): string {
  const {group} = instance?.mark ?? {group: ''}
  switch (until) {
    case 'registered':
      return `${id} in group ${group} is healthy and did not register itself in DNS.`
    case 'gone':
      return `${id} was told to end and the cloud still shows it as ${instance?.state ?? 'unknown'}.`
    case 'healthy': {
      const health = observed.health.get(id)
      return instance?.state === 'running'
        ? `${id} in group ${group} does not answer its health check${health?.why ? ` (${health.why})` : ''}. If it stays so, "mcd replace ${id}" puts another in its place.`
        : `${id} in group ${group} is ${instance?.state ?? 'not visible'}.`
    }
    default:
      return until satisfies never
  }
}

async function registrationTrouble(outside: Outside, desired: Desired): Promise<string[]> {
  const names = desired.fleet.names.filter(({registration}) => registration === 'self')
  const troubles = await Promise.all(names.map(name => outside.instanceCredentialsTrouble(name)))
  return [...new Set(troubles.filter(trouble => trouble !== undefined))]
}

async function bootLogTail(
  outside: Outside,
  desired: Desired,
  instance: Instance,
): Promise<string | undefined> {
  const place = desired.fleet.groups.find(group => group.place.key === instance.place)?.place
  if (!place) return undefined
  const provider = outside.compute(place)
  if (!provider.capabilities.bootLog.able) return provider.capabilities.bootLog.because
  try {
    const log = await provider.bootLog(instance.id)
    // A guest prints what it likes, and what it was given is secret all the same, however it is coloured.
    const shown = log && conceal(printable(log), secretsIn(desired.fleet))
    const lines = shown?.trimEnd().split('\n').slice(-BOOT_LOG_LINES)
    return lines && lines.length > 0
      ? `\n  Its console ends:\n${lines.map(line => `  | ${line}`).join('\n')}`
      : 'Its console is empty so far.'
  } catch (error) {
    // An explanation is a courtesy: that it could not be had must not hide what it was for.
    if (error instanceof McdError) return `Its console could not be read: ${error.message}`
    throw error
  }
}

/** Without what a terminal would obey. Behind the bar of a quotation no line reads like a command of a CI system either. */
const printable = (log: string): string => stripVTControlCharacters(log).replace(/[^\P{Cc}\n\t]/gu, '')
