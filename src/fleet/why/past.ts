import type {JournalEvent, Step, StoredEvent} from '../../journal/events.ts'
import type {Past, RunRef} from './report.ts'

/** What the journal tells of one instance: which run launched it, met it, drained it, and had it ended. */
export function pastOf(events: readonly StoredEvent[], id: string): Past {
  const runs = new Map<string, Omit<RunRef, 'at'>>()
  const steps = new Map<string, {readonly what: Step; readonly by: RunRef}>()
  const past: Past = {}
  for (const {atMs, run, event} of events) {
    if (event.type === 'run-started') {
      const {command, user, host} = event
      runs.set(run, {run, command, user, host})
    }
    const by = {
      ...(runs.get(run) ?? {run, command: '', user: '', host: ''}),
      at: new Date(atMs).toISOString(),
    }
    if (event.type === 'intent') steps.set(event.step, {what: event.what, by})
    if (event.type === 'outcome') conclude(past, id, event, steps.get(event.step), by)
    if (!('instances' in event) || !names(event, id)) continue
    if (event.type === 'instances-found') past.found ??= by
    if (event.type === 'replacement-asked') past.replacementAsked ??= by
    if (event.type === 'drain-asked') past.drained ??= by
    if (event.type === 'drain-lifted') delete past.drained
  }
  return past
}

/** A launch happened when it was sent; an end when it was accepted. */
function conclude(
  past: Past,
  id: string,
  {result}: JournalEvent & {type: 'outcome'},
  step: {readonly what: Step; readonly by: RunRef} | undefined,
  by: RunRef,
): void {
  if (result.kind !== 'done' || !step) return
  const {what} = step
  if (what.kind === 'launch' && result.instances?.includes(id))
    past.launched ??= {...step.by, launch: what.order.mark.launch}
  if (what.kind === 'terminate' && what.instances.includes(id)) past.ended = by
}

const names = ({instances}: JournalEvent & {instances: unknown}, id: string): boolean =>
  (instances as readonly (string | {readonly id: string})[]).some(each =>
    typeof each === 'string' ? each === id : each.id === id,
  )
