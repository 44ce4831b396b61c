import type {ZoneKey} from '../../journal/events.ts'
import type {Member} from '../../providers/dns.ts'
import type {Observed} from '../observed.ts'
import type {Action, Note, Plan} from '../plan/action.ts'
import {deregisterDifferences, fixesBy, registerDifferences} from './record-differences.ts'
import type {Difference} from './report.ts'

/**
 * What the plan would do and what it remarks, each as a difference with the command that mends it. `sync` is what `mcd sync`
 * would do.
 */
export function differencesOf({actions, notes}: Plan, observed: Observed, sync?: Plan): Difference[] {
  const rolling = new Set(actions.flatMap(action => (action.kind === 'replace' ? [action.group] : [])))
  const recordFix = fixesBy(sync)
  return [
    ...missingFrom(actions),
    ...actions.flatMap(action => differenceOf(action, observed, rolling, recordFix)),
    ...notes.filter(isDifference).map(noteDifference),
  ]
}

/** That a group takes over for another, or need not, says what follows from a silence, which is told as what it is. */
const isDifference = ({kind, blocks}: Note): boolean => blocks && kind !== 'failover'

/** What a person should know although nothing is to be mended. What the file itself is warned of is told where it is read. */
export const remarksOf = ({notes}: Plan): string[] =>
  notes.filter(note => !isDifference(note) && note.kind !== 'warning').map(({text}) => text)

const UP = 'mcd up'

/** Who is not there at all, zone or no zone. What is launched in place of outdated instances is not missing: those serve. */
function missingFrom(actions: readonly Action[]): Difference[] {
  const launches = actions.filter(action => action.kind === 'launch')
  const rollouts = actions.filter(action => action.kind === 'replace')
  return [...Map.groupBy(launches, ({group}) => group)].flatMap(([group, of]) => {
    const count = of.reduce((sum, launch) => sum + launch.count, 0)
    const inPlace = rollouts.find(rollout => rollout.group === group)
    const missing = count - (inPlace ? inPlace.instances.length - inPlace.launches : 0)
    const text = `${missing} missing in group ${group} (${of[0]?.reason})`
    return missing > 0 ? [{kind: 'missing-instance', group, text, fix: UP}] : []
  })
}

function differenceOf(
  action: Action,
  observed: Observed,
  rolling: ReadonlySet<string>,
  recordFix: ReturnType<typeof fixesBy>,
): Difference[] {
  switch (action.kind) {
    case 'launch':
      return []
    case 'wait':
      if (action.until === 'registered')
        return action.instances.map(instance => ({
          kind: 'missing-in-dns',
          instance,
          text: `${instance} is healthy and has not registered itself yet`,
          fix: UP,
        }))
      if (action.until === 'gone')
        return action.instances.map(instance => ({
          kind: 'ending',
          instance,
          text: `${instance} is ending`,
          fix: UP,
        }))
      return action.instances.map(instance => ({
        kind: 'unhealthy',
        instance,
        group: action.group,
        ...healthTrouble(instance, observed, rolling.has(action.group)),
      }))
    case 'register':
      return registerDifferences(action, recordFix, standingBeside(action.zone, observed))
    case 'deregister':
      return deregisterDifferences(action, recordFix, standingBeside(action.zone, observed))
    case 'terminate':
      return action.instances.map(instance => ({
        kind: 'surplus-instance',
        instance,
        text: `${instance} is to end (${action.reason})`,
        fix: UP,
      }))
    case 'ensure-network':
      return [
        {
          kind: 'network',
          group: action.group,
          text: `ingress of group ${action.group}: ${action.reason}`,
          fix: UP,
        },
      ]
    case 'remove-network':
      return [
        {kind: 'network', group: action.piece.group, text: `${action.piece.id}: ${action.reason}`, fix: UP},
      ]
    case 'adopt':
      return [
        {
          kind: 'unsettled-launch',
          group: action.group,
          text: `${action.count} of group ${action.group} may still appear (${action.reason})`,
          fix: UP,
        },
      ]
    case 'replace':
      return action.instances.map(instance => ({
        kind: 'outdated-instance',
        instance,
        group: action.group,
        text: `${instance} is to be replaced (${action.reason})`,
        fix: UP,
      }))
    case 'drain':
    case 'pause':
    case 'settle':
      return []
    default:
      return action satisfies never
  }
}

/** All that stands at the vendor of this zone: the same name may stand at another one, with records of its own. */
const standingBeside = (zone: ZoneKey, {names}: Observed): Member[] =>
  [...names].flatMap(([key, seen]) =>
    seen.readable && vendorOf(key) === vendorOf(zone) ? [...seen.members, ...(seen.discovery ?? [])] : [],
  )

/** Of a zone key, or of a name key. */
const vendorOf = (key: string): string | undefined => key.split('/', 1)[0]

/** Up waits for what is on its way; what answered once and does so no more comes back by itself or not at all. */
function healthTrouble(
  instance: string,
  {health}: Observed,
  isRolling: boolean,
): {text: string; fix: string} {
  const {verdict, why} = health.get(instance) ?? {}
  if (verdict !== 'unhealthy') return {text: `${instance} is not running and healthy yet`, fix: UP}
  return {
    text: `${instance} does not answer its health check${why === undefined ? '' : ` (${why})`}`,
    // Ended alone it would be launched again from the same launch spec.
    fix: isRolling
      ? `mend what is rolled out and run ${UP}, or mcd replace --rollback`
      : `mcd replace ${instance}`,
  }
}

function noteDifference({kind, text, instance}: Note): Difference {
  return {
    kind,
    ...(instance === undefined ? {} : {instance}),
    text,
    fix: fixFor(kind, instance),
  }
}

function fixFor(kind: Note['kind'], instance: string | undefined): string {
  switch (kind) {
    case 'unreachable':
      return `${UP}, once it answers again`
    case 'warning':
    case 'no-address':
      return 'mend the fleet file'
    case 'unhealthy':
      return instance === undefined ? UP : `mcd replace ${instance}`
    case 'stopped':
      return instance === undefined ? UP : `mcd down --instance ${instance}, then ${UP}`
    case 'last-addresses':
      return 'mcd sync --allow-empty, or mend the instances'
    case 'health-unknown':
      return "mend this machine's network"
    case 'unmarked':
      return 'tag it again, or end it at its cloud'
    case 'unknown-instance':
      return 'name their place again, or remove these records by hand'
    default:
      return UP
  }
}
