import {createHash, createHmac} from 'node:crypto'
import type {JournalEvent} from '../../journal/events.ts'
import type {Addressee, NoticeType} from '../../journal/notice.ts'
import type {Fleet, Receiver} from '../model.ts'

export type NoticeOwed = Extract<JournalEvent, {type: 'notice-owed'}>

/** What one notice says: the body's `data`. */
export type NoticeData = Readonly<Record<string, unknown>>

export const isWanted = ({notify = []}: Pick<Fleet, 'notify'>, about: NoticeType): boolean =>
  notify.some(({events}) => events.includes(about))

/** The event that makes receivers owed this notice; nothing where nobody wants to hear of it. */
export function owed(
  {notify = []}: Pick<Fleet, 'notify'>,
  id: string,
  about: NoticeType,
  data: NoticeData,
): NoticeOwed[] {
  const wanting = notify.filter(({events}) => events.includes(about)).map(each => addressee(each, id))
  const receivers = [...new Map(wanting.map(each => [each.digest, each])).values()]
  return receivers.length > 0 ? [{type: 'notice-owed', id, about, data, receivers}] : []
}

/** A journal is read by more people than may know an address: under each notice's id its hash is another one. */
function addressee({url, host}: Receiver, id: string): Addressee {
  return {host, digest: digestOf(url.reveal(), id)}
}

/** Undefined for one that the fleet file does not name any more. */
export const receiverOf = (
  notify: readonly Receiver[],
  id: string,
  {digest}: Addressee,
): Receiver | undefined => notify.find(({url}) => digestOf(url.reveal(), id) === digest)

const digestOf = (url: string, id: string): string =>
  createHmac('sha256', id).update(url).digest('hex').slice(0, 32)

/** The same for the same facts, so that whoever has heard of them drops the repetition. */
export const idOf = (about: NoticeType, facts: unknown): string =>
  `${about}-${createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32)}`
