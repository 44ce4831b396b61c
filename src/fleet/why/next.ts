import {momentText} from '../../moment-text.ts'
import type {Member} from '../../providers/dns.ts'
import type {Action, Plan} from '../plan/action.ts'
import type {WhyReport} from './report.ts'

/** What of a plan is about one instance, told as what happens to it. */
export const nextFor = (id: string, {actions}: Plan): WhyReport['next'] =>
  actions.flatMap(action => {
    const text = textFor(id, action)
    const {kind, reason, after} = action
    return text === undefined ? [] : [{kind, text, reason, after: [...after]}]
  })

function textFor(id: string, action: Action): string | undefined {
  switch (action.kind) {
    case 'register':
    case 'deregister': {
      const isIts = ({mark}: Member) => mark?.instance === id
      const parts = [
        ...action.remove.filter(isIts).map(member => `remove ${memberText(member)}`),
        ...action.create.filter(isIts).map(member => `add ${memberText(member)}`),
      ]
      if (parts.length > 0) return `in ${action.zone}, ${parts.join(', ')}`
      const leaves = action.kind === 'deregister' && action.leaving.includes(id)
      return leaves ? `note that nothing of it stands in ${action.zone}` : undefined
    }
    case 'wait':
      return action.instances.includes(id) ? `wait until it is ${action.until}` : undefined
    case 'drain': {
      if (!action.instances.includes(id)) return undefined
      if (action.until === 'served') return `wait until ${action.zones.join(', ')} no longer answer with it`
      const until = action.untilMs === undefined ? '' : `, at ${momentText(action.untilMs)}`
      return action.until === 'forgotten'
        ? `wait until resolvers have forgotten it${until}`
        : `wait until nobody uses it${until}`
    }
    case 'terminate':
      return action.instances.includes(id) ? 'end it' : undefined
    case 'replace':
      return action.instances.includes(id) ? 'launch another in its place, then end it' : undefined
    case 'pause':
      return action.instances.includes(id) ? 'let it serve beside those that it follows' : undefined
    case 'settle':
    case 'launch':
    case 'adopt':
    case 'ensure-network':
    case 'remove-network':
      return undefined
    default:
      return action satisfies never
  }
}

const memberText = ({name, type, value}: Member): string => `${type} ${name} ${value}`
