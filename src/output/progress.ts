import type {Progress} from '../fleet/outside.ts'
import {type Action, isTimed} from '../fleet/plan/action.ts'
import {holderText} from '../fleet/turn/lease.ts'
import {completed} from './call.ts'
import {describeAction, planText} from './plan-text.ts'
import {shortIds} from './short-id.ts'
import {useText} from './use-text.ts'
import {wrappedLines} from './wrapped.ts'

export type ProgressView = {
  show(event: Progress): void
  /** `settled`: the run came to its end, so that nothing is waited for any more. */
  close(options?: {settled: boolean}): Promise<void>
}

/** Plain lines on stderr: for pipelines and logs. Waits are said once, and again only when they change. */
export function plainProgress(
  write: (line: string) => void = line => void process.stderr.write(`${completed(line)}\n`),
): ProgressView {
  let lastWait = ''
  return {
    show(event) {
      switch (event.kind) {
        case 'planned':
          write(planText(event.plan, event.goal))
          break
        case 'started':
          break
        case 'finished':
          write(`✓ ${outcome(event.action, event.detail)}`)
          break
        case 'failed':
          write(`✗ ${describeAction(event.action)}: ${event.error.message}`)
          break
        case 'waiting': {
          const text = event.actions.map(waitText).join('; ')
          if (text !== lastWait) write(`… ${text}`)
          lastWait = text
          break
        }
        case 'undelivered':
          write(`! ${event.text}`)
          break
        case 'locked':
          write(lockedText(event))
          break
        default:
          event satisfies never
      }
    },
    async close() {},
  }
}

/** Listr2 on a terminal: what was done stays above, what is going on moves below. */
export async function terminalProgress(): Promise<ProgressView> {
  const {Listr} = await import('listr2')
  type End = {title?: string; error?: Error}
  type Row = {settle: (end: End) => void; retitle: (title: string) => void}
  const rows = new Map<string, Row>()
  /** As the plan told them, so that a wait for the last of four is kept as the wait for four. */
  const planned = new Map<string, string>()
  const waits = new Map<string, Action>()
  let live: Row | undefined
  let starting: {title: string; end: Promise<End>; onRetitle: (set: (title: string) => void) => void}[] = []
  let isPassing = false
  const write = (text: string) =>
    void process.stderr.write(`${wrappedLines(completed(text), process.stderr.columns)}\n`)
  let shown: Promise<unknown> = Promise.resolve()

  // One list at a time owns the terminal. What starts together is shown together; what starts later follows below.
  const flush = () => {
    if (starting.length === 0) return
    const batch = starting
    const clearOutput = isPassing
    starting = []
    const tasks = batch.map(({title, end, onRetitle}) => ({
      title,
      task: async (_: unknown, task: {title: string | undefined}) => {
        onRetitle(text => {
          task.title = text
        })
        const {title, error} = await end
        if (error) throw error
        if (title) task.title = title
      },
    }))
    shown = shown.then(() =>
      new Listr(tasks, {
        concurrent: true,
        exitOnError: false,
        fallbackRenderer: 'simple',
        registerSignalListeners: false,
        rendererOptions: {clearOutput},
      }).run(),
    )
  }
  /** A passing row goes away when it is settled; the others stay. */
  const row = (title: string, {passing = false} = {}): Row => {
    if (passing !== isPassing) flush()
    isPassing = passing
    const {promise: end, resolve: settle} = Promise.withResolvers<End>()
    let current = title
    let set: ((title: string) => void) | undefined
    queueMicrotask(flush)
    starting.push({
      title,
      end,
      onRetitle: setter => {
        set = setter
        set(current)
      },
    })
    return {
      settle,
      retitle(text) {
        current = text
        set?.(text)
      },
    }
  }
  const hideWaits = () => {
    live?.settle({})
    live = undefined
  }
  /** The end of a wait is seen in its absence from the next waits, in what follows it, or in the end of the run. */
  const keepEnded = (isOver: (wait: Action) => boolean) => {
    const ended = [...waits.values()].filter(isOver)
    if (ended.length > 0) hideWaits()
    for (const wait of ended) {
      row(planned.get(wait.key) ?? describeAction(wait)).settle({})
      waits.delete(wait.key)
    }
  }

  return {
    show(event) {
      switch (event.kind) {
        case 'planned':
          write(planText(event.plan, event.goal))
          for (const action of event.plan.actions) planned.set(action.key, describeAction(action))
          break
        case 'started':
          hideWaits()
          keepEnded(wait => isDrainBefore(wait, event.action))
          rows.set(event.action.key, row(describeAction(event.action)))
          break
        case 'finished': {
          // Some waits end in a step of their own, which tells all.
          if (waits.delete(event.action.key)) hideWaits()
          const known = rows.get(event.action.key) ?? row(describeAction(event.action))
          known.settle({title: outcome(event.action, event.detail)})
          rows.delete(event.action.key)
          break
        }
        case 'failed':
          rows.get(event.action.key)?.settle({error: event.error})
          rows.delete(event.action.key)
          break
        case 'waiting': {
          const text = event.actions.map(waitText).join('; ')
          keepEnded(({key}) => !event.actions.some(action => action.key === key))
          for (const action of event.actions) if (!waits.has(action.key)) waits.set(action.key, action)
          if (live) live.retitle(text)
          else live = row(text, {passing: true})
          break
        }
        case 'undelivered':
          write(`! ${event.text}`)
          break
        case 'locked':
          write(lockedText(event))
          break
        default:
          event satisfies never
      }
    },
    async close({settled} = {settled: false}) {
      hideWaits()
      if (settled) keepEnded(() => true)
      for (const {settle} of rows.values()) settle({})
      await Promise.resolve()
      await shown
    },
  }
}

/** What is terminated has been drained. */
const isDrainBefore = (wait: Action, next: Action): boolean =>
  wait.kind === 'drain' && next.kind === 'terminate' && wait.instances.some(id => next.instances.includes(id))

const lockedText = ({lease, wait}: Extract<Progress, {kind: 'locked'}>): string =>
  wait
    ? `… waits for its turn: ${holderText(lease)}, works on this fleet`
    : `… the last run has not ended: ${holderText(lease)}. Looks for up to ${lease.leaseMs / 1_000} s whether it is alive`

function waitText(action: Action): string {
  if (!isTimed(action) || action.untilMs === undefined) return describeAction(action)
  const until = `until ${new Date(action.untilMs).toISOString().slice(11, 19)} UTC`
  if (action.kind !== 'drain' || action.until !== 'quiet') return `${describeAction(action)} ${until}`
  const uses = (action.uses ?? []).filter(use => 'why' in use || use.connections > 0).map(useText)
  return shortIds(
    `${describeAction(action)}, ${until} at most${uses.length > 0 ? `: ${uses.join('; ')}` : ''}`,
  )
}

/** What was done, and what came of it where that says something new (a launch's ids, a security group's). */
function outcome(action: Action, detail: string | undefined): string {
  const told =
    detail === undefined ||
    action.kind === 'terminate' ||
    action.kind === 'drain' ||
    action.kind === 'settle' ||
    action.kind === 'remove-network'
  return told ? describeAction(action) : `${describeAction(action)}: ${shortIds(detail)}`
}
