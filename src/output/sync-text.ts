import type {Action} from '../fleet/plan/action.ts'
import type {SyncNews} from '../fleet/watch-sync.ts'
import {WHOLE_FLEET} from '../mark.ts'
import {momentText} from '../moment-text.ts'
import type {Member} from '../providers/dns.ts'
import {shortIds} from './short-id.ts'

/** What `mcd sync --watch` prints: when, what and why, a line for each change. */
export function syncLines(news: SyncNews): string[] {
  return textsOf(news).map(text => `${momentText(news.atMs)}  ${shortIds(text)}`)
}

function textsOf(news: SyncNews): string[] {
  switch (news.kind) {
    case 'changed':
      return changesOf(news.action)
    case 'trouble':
      return [`! ${news.text.replaceAll('\n', ' ')}`]
    case 'well':
      return ['✓ nothing is wrong any more']
    case 'waits':
      return [`… ${news.text}`]
    default:
      return news satisfies never
  }
}

function changesOf(action: Action): string[] {
  if (action.kind !== 'register' && action.kind !== 'deregister') return []
  const line = (sign: string, member: Member) => `${sign} ${memberText(member)}: ${action.reason}`
  const records = [...action.create, ...action.remove].filter(member => !isHold(member))
  const told = new Set(records.map(({mark}) => mark?.instance))
  // A hold goes with a record that leaves or comes back; alone it is news.
  const isNews = (member: Member) => !isHold(member) || !told.has(member.mark?.instance)
  return [
    ...action.create.filter(isNews).map(member => line('+', member)),
    ...action.remove.filter(isNews).map(member => line('-', member)),
  ]
}

const isHold = ({type, name}: Member): boolean => type === 'TXT' && name.startsWith('_mcd.')

const memberText = ({name, type, value, mark}: Member): string =>
  `${name} ${type} ${value.replaceAll('\n', ' ')}${mark && mark.instance !== WHOLE_FLEET ? ` (${mark.instance})` : ''}`
