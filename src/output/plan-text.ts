import {shownAttribute} from '../dns/sd/txt.ts'
import {formatDuration} from '../duration.ts'
import type {Desired} from '../fleet/desired.ts'
import {type Action, endedBy, type Plan} from '../fleet/plan/action.ts'
import {WHOLE_FLEET} from '../mark.ts'
import type {Member} from '../providers/dns.ts'
import {shortIds} from './short-id.ts'
import {useText} from './use-text.ts'

const NOTHING_LEFT = {
  up: 'the fleet is as declared',
  down: 'nothing is there to end',
  sync: 'DNS is as it should be',
}

/** The plan as people read it: one line an action, its sign first, what follows later indented under it. */
export function planText(plan: Plan, goal: Desired['goal']['kind'] = 'up'): string {
  const {actions, notes} = plan
  const lines = actions.flatMap(actionLines).map(shortIds)
  const remarks = notes.map(({text}) => shortIds(`! ${text}`))
  if (lines.length === 0) {
    const isSure = notes.every(({blocks}) => !blocks)
    return [
      isSure ? `Nothing to do: ${NOTHING_LEFT[goal]}.` : 'Nothing that mcd can do now:',
      ...remarks,
    ].join('\n')
  }
  const counts = countChanges(plan)
  return [...lines, ...remarks, '', counts].join('\n')
}

function actionLines(action: Action): string[] {
  const line = `${sign(action)} ${describeAction(action)}`
  const lines = [action.reason ? `${line}  (${action.reason})` : line]
  if (action.kind === 'replace') lines.push(...replaceLines(action))
  if (action.kind === 'register' || action.kind === 'deregister') {
    lines.push(
      ...action.create.map(member => `    + ${memberText(member)}`),
      ...action.remove.map(member => `    - ${memberText(member)}`),
    )
  }
  return lines
}

function replaceLines({instances, after}: Action & {kind: 'replace'}): string[] {
  const [first = ''] = after
  const turn = first.startsWith('replace ')
    ? `after the rollout of group ${first.slice('replace '.length)}, `
    : ''
  return [
    `    ${list(instances)}`,
    `    ${turn}each leaves DNS and ends once a new one is healthy and in DNS in its place`,
  ]
}

function sign({kind}: Action): string {
  if (kind === 'launch' || kind === 'register' || kind === 'ensure-network') return '+'
  if (kind === 'terminate' || kind === 'deregister' || kind === 'remove-network') return '-'
  return '·'
}

/** `launch 2 × t3.micro in us-east-1a for group virginia` */
export const describeAction = (action: Action): string => shortIds(sentence(action))

function sentence(action: Action): string {
  switch (action.kind) {
    case 'ensure-network':
      return `open port ${action.open.join(', ')} for group ${action.group}`
    case 'launch':
      return `launch ${action.count} × ${action.type} in ${action.zone.name} for group ${action.group}`
    case 'adopt':
      return `look for ${action.count} of an earlier launch of group ${action.group}`
    case 'wait':
      if (action.until === 'registered')
        return `wait for ${action.count} to register ${action.count === 1 ? 'itself' : 'themselves'} in DNS`
      if (action.until === 'gone')
        return `wait until ${list(action.instances)} ${action.count === 1 ? 'has' : 'have'} ended`
      return `wait until ${action.count} of group ${action.group} ${action.count === 1 ? 'is' : 'are'} healthy`
    case 'register':
      return `put ${action.count} into ${action.zone}`
    case 'deregister':
      return `take ${action.leaving.length + (action.heldOut?.length ?? 0) > 0 ? list([...action.leaving, ...(action.heldOut ?? [])]) : `${action.remove.length} ${action.remove.length === 1 ? 'record' : 'records'}`} out of ${action.zone}`
    case 'drain':
      return action.until === 'served'
        ? `wait until ${action.zones.join(', ')} no longer ${action.zones.length === 1 ? 'answers' : 'answer'} with ${list(action.instances)}`
        : action.until === 'quiet'
          ? `wait until nobody is connected to ${list(action.instances)} any more`
          : `drain ${list(action.instances)}`
    case 'terminate':
      return `terminate ${list(action.instances)} in ${action.place}${inUseText(action)}`
    case 'replace':
      return `replace ${action.instances.length} of group ${action.group}, ${action.batch} at a time${action.pauseMs > 0 ? `, each batch ${formatDuration(action.pauseMs)} beside the old` : ''}`
    case 'pause':
      return `let ${list(action.instances)} serve beside the old`
    case 'settle':
      return action.until === 'served'
        ? `wait until ${action.zone} answers for ${action.name} with a TTL of ${action.ttlSeconds} s alone`
        : `wait until the longer TTL of ${action.name} has passed everywhere`
    case 'remove-network':
      return `close port ${action.piece.open.join(', ')} of group ${action.piece.group} (${action.piece.id})`
    default:
      return action satisfies never
  }
}

function inUseText({inUse = []}: Action & {kind: 'terminate'}): string {
  return inUse.length > 0 ? `, drain.max having passed: ${inUse.map(useText).join('; ')}` : ''
}

function memberText(member: Member): string {
  const {type, name, value, ttlSeconds, mark} = member
  return `${type} ${name} ${value.split('\n').map(shownAttribute).join(' ')} (TTL ${ttlSeconds} s${routingText(member)}${mark && mark.instance !== WHOLE_FLEET ? `, ${mark.instance}` : ''})`
}

/** Where it is not the usual way, which every record of a change that moves a name has on one side. */
function routingText({type, routing, weight}: Member): string {
  if (type !== 'A' && type !== 'AAAA') return ''
  if (routing === 'weighted') return `, weight ${weight ?? 0}`
  return routing === 'simple' ? ', simple' : ''
}

function list(ids: readonly string[]): string {
  return ids.length > 4 ? `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more` : ids.join(', ')
}

function countChanges(plan: Plan): string {
  const launches = sum(plan, action =>
    action.kind === 'launch' ? action.count : action.kind === 'replace' ? action.launches : 0,
  )
  const isByMcd = plan.actions.some(({kind}) => kind === 'register')
  const records = sum(plan, action => {
    if (action.kind === 'register') return action.count
    if (action.kind === 'deregister') return action.remove.length
    if (action.kind !== 'replace') return 0
    return action.instances.length + (isByMcd ? action.launches : 0)
  })
  return `Plan: ${launches} to launch, ${endedBy(plan).length} to end, ${records} DNS ${records === 1 ? 'change' : 'changes'}.`
}

const sum = ({actions}: Plan, count: (action: Action) => number): number =>
  actions.reduce((total, action) => total + count(action), 0)
