import type {JournalEvent} from '../../journal/events.ts'
import type {Addressee, OwedNotice} from '../../journal/notice.ts'
import {momentText} from '../../moment-text.ts'
import type {Receiver} from '../model.ts'
import type {Delivery, Message, Outside} from '../outside.ts'
import {receiverOf} from './owe.ts'

export type Conclusion = Extract<JournalEvent, {type: 'notice-delivered' | 'notice-given-up'}>

export type DeliverOptions = {
  /** How often one notice is sent in this round before it is left to the next one. */
  readonly tries: number
  /** Called as soon as a receiver needs a notice no more: from here on it is not sent again. */
  concluded(conclusion: Conclusion): Promise<void>
}

/** What went wrong. */
export type Round = {
  /** For good, a sentence each. */
  readonly givenUp: readonly string[]
  /** Who could not be told this time, and why: it completes "The notification receiver HOST …". */
  readonly failed: readonly {readonly host: string; readonly why: string}[]
}

/** Without numbers or times: the same trouble reads the same, and is told once by a watch. */
export const owedStill = ({host, why}: Round['failed'][number]): string =>
  `The notification receiver ${host} ${why}: what it is owed is sent again later, for three days.`

/** How long a receiver may take for one message. */
const ATTEMPT_MS = 4_000
/** After so long nothing more is sent in this round. */
const ROUND_MS = 8_000
const FIRST_PAUSE_MS = 1_000
/** A notice that could not be delivered for so long is given up. */
const KEPT_MS = 3 * 24 * 60 * 60_000

type Sender = Pick<Outside, 'runtime' | 'notify'>

/**
 * One round: every receiver gets what it is owed, oldest first, all receivers side by side. Never throws for a receiver, ends
 * within seconds, and at once when the run is interrupted: what was not delivered is owed still.
 */
export async function deliver(
  outside: Sender,
  notify: readonly Receiver[],
  owed: readonly OwedNotice[],
  options: DeliverOptions,
): Promise<Round> {
  const nowMs = outside.runtime.now()
  const givenUp: string[] = []
  const due = new Map<Receiver, OwedNotice[]>()
  for (const notice of owed) {
    const isOld = nowMs - notice.atMs >= KEPT_MS
    const removed: Addressee[] = []
    for (const addressee of notice.receivers) {
      const receiver = receiverOf(notify, notice.id, addressee)
      if (!receiver) removed.push(addressee)
      else if (!isOld) due.set(receiver, [...(due.get(receiver) ?? []), notice])
    }
    if (removed.length > 0) await options.concluded(surrender(notice, removed, 'removed'))
    const late = notice.receivers.filter(each => !removed.includes(each))
    if (!isOld || late.length === 0) continue
    await options.concluded(surrender(notice, late, 'too-old'))
    givenUp.push(
      `${late.map(({host}) => host).join(', ')} could not be told of ${notice.about} (${momentText(notice.atMs)}) for three days: that notification is given up.`,
    )
  }
  const rounds = await Promise.all(
    [...due].map(([receiver, notices]) =>
      deliverTo(outside, receiver, notices, {...options, untilMs: nowMs + ROUND_MS}),
    ),
  )
  return {
    givenUp: [...givenUp, ...rounds.flatMap(round => round.givenUp)],
    failed: rounds.flatMap(round => round.failed),
  }
}

async function deliverTo(
  outside: Sender,
  receiver: Receiver,
  notices: readonly OwedNotice[],
  {tries, untilMs, concluded}: DeliverOptions & {untilMs: number},
): Promise<Round> {
  const {runtime} = outside
  let trouble: (Delivery & {ok: false}) | undefined
  for (const notice of notices) {
    let delivery: Delivery | undefined
    for (let tried = 0; tried < tries && runtime.now() < untilMs && !runtime.signal.aborted; tried++) {
      if (tried > 0 && !(await paused(runtime, FIRST_PAUSE_MS * tried))) break
      delivery = await attempt(outside, receiver, notice)
      if (delivery.ok || delivery.refused) break
    }
    // No time is left: the last trouble is why.
    if (!delivery) break
    const mine = notice.receivers.filter(each => receiverOf([receiver], notice.id, each))
    if (delivery.ok)
      for (const {digest} of mine)
        await concluded({type: 'notice-delivered', id: notice.id, receiver: digest})
    else {
      trouble = delivery
      if (delivery.refused) await concluded(surrender(notice, mine, 'refused'))
      // Who cannot be reached is not there for the others either.
      else if (!delivery.answered) break
    }
  }
  if (!trouble || runtime.signal.aborted) return {givenUp: [], failed: []}
  const {host} = receiver
  const {why, refused} = trouble
  if (!refused) return {givenUp: [], failed: [{host, why}]}
  const text = `The notification receiver ${host} ${why}: what it was owed is given up. Remove it from "notify".`
  return {givenUp: [text], failed: []}
}

async function attempt(
  {runtime, notify}: Sender,
  receiver: Receiver,
  {id, about, atMs, data}: OwedNotice,
): Promise<Delivery> {
  const over = new AbortController()
  const late = new AbortController()
  const nowMs = runtime.now()
  const message: Message = {
    id,
    sentAtSeconds: Math.floor(nowMs / 1_000),
    body: JSON.stringify({type: about, timestamp: new Date(atMs).toISOString(), data}),
  }
  const deadline = runtime.sleep(ATTEMPT_MS, over.signal).then(
    (): Delivery => ({ok: false, why: `did not answer within ${ATTEMPT_MS / 1_000} s`}),
    (): Delivery => ({ok: false, why: 'was not waited for, since this run was interrupted'}),
  )
  try {
    return await Promise.race([notify(receiver, message, late.signal), deadline])
  } finally {
    over.abort('answered')
    late.abort('over')
  }
}

const paused = (runtime: Sender['runtime'], ms: number): Promise<boolean> =>
  runtime.sleep(ms).then(
    () => true,
    () => false,
  )

const surrender = (
  {id}: OwedNotice,
  receivers: readonly Addressee[],
  because: Extract<Conclusion, {type: 'notice-given-up'}>['because'],
): Conclusion => ({type: 'notice-given-up', id, receivers, because})
