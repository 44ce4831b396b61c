import type {JournalEvent} from './events.ts'
import type {Folding} from './folding.ts'
import type {SeenInstance} from './notice.ts'

type State = Folding['recorded']
type NoticeEvent = Extract<
  JournalEvent,
  {
    type:
      | 'instances-seen'
      | 'instances-lost'
      | 'fleet-settled'
      | 'notice-owed'
      | 'notice-delivered'
      | 'notice-given-up'
  }
>

/** Who is to be told what, and what it takes to know what happened by itself. */
export function foldNotice(state: State, event: NoticeEvent, run: string, atMs: number): void {
  switch (event.type) {
    case 'instances-seen':
      // Who had lost its mark may have it again.
      for (const {id, ...instance} of event.instances)
        if (!state.seen.has(id) || state.seen.get(id)?.state === 'lost')
          state.seen.set(id, {place: event.place, ...instance, seenAtMs: atMs, state: 'running'})
      break
    case 'instances-lost':
      for (const id of event.instances) conclude(state, id, 'lost')
      break
    case 'fleet-settled':
      state.settled = {wish: event.wish, run}
      break
    case 'notice-owed': {
      const {type: _, ...notice} = event
      state.owed.set(event.id, {...notice, atMs})
      break
    }
    case 'notice-delivered':
      settle(state, event.id, [event.receiver])
      break
    case 'notice-given-up':
      settle(
        state,
        event.id,
        event.receivers.map(({digest}) => digest),
      )
      break
    default:
      event satisfies never
  }
}

/** A run asks for its end, or did so before it was killed: whenever it ends from here on, that is no loss. */
export const noteAskedEnd = (state: State, id: string): void => conclude(state, id, 'ended')

function conclude({seen}: State, id: string, how: SeenInstance['state']): void {
  const known = seen.get(id)
  if (known?.state === 'running') seen.set(id, {...known, state: how})
}

function settle({owed}: State, id: string, digests: readonly string[]): void {
  const notice = owed.get(id)
  if (!notice) return
  const receivers = notice.receivers.filter(({digest}) => !digests.includes(digest))
  if (receivers.length > 0) owed.set(id, {...notice, receivers})
  else owed.delete(id)
}
