import {holdInstance} from '../mark.ts'
import type {ChangeReceipt, Member} from '../providers/dns.ts'
import type {Step, StepResult} from './events.ts'
import {noteAskedEnd} from './fold-notices.ts'
import {disturbTtl, noteTtlChange} from './fold-ttl.ts'
import type {Folding} from './folding.ts'
import type {Left} from './recorded.ts'

type ChangeDns = Extract<Step, {kind: 'change-dns'}>

/** A step that was intended: it may have happened, whatever comes of it. */
export function intendStep(
  {recorded: state, steps, sent}: Folding,
  step: string,
  what: Step,
  run: string,
  atMs: number,
): void {
  steps.set(step, what)
  state.settled = undefined
  if (what.kind === 'terminate') for (const id of what.instances) noteAskedEnd(state, id)
  if (what.kind === 'launch') {
    const {launch} = what.order.mark
    state.launches.set(launch, {
      step,
      run,
      group: what.group,
      place: what.place,
      order: what.order,
      intendedAtMs: atMs,
      era: state.converged,
      open: true,
      instances: [],
    })
  }
  if (what.kind === 'ensure-network' || what.kind === 'remove-network')
    state.unsettledNetwork.set(step, what.place)
  if (what.kind === 'change-dns') {
    noteSent(sent, what)
    disturbTtl(state, what)
    for (const instance of letIn(what)) forgetAbsence(state, instance, what.zone)
    if (what.change.create.some(member => member.type !== 'TXT'))
      state.registeredAtMs.set(`${run} ${what.zone}`, atMs)
  }
}

/**
 * A removal whose outcome nobody wrote down may have happened, and one that was made before its instance was to leave may not
 * be served yet: resolvers remember what stood there all the same.
 */
function noteSent(sent: Map<string, Member[]>, {zone, change}: ChangeDns): void {
  for (const member of change.remove) {
    const {name, type, value, ref, mark, ttlSeconds} = member
    if (type === 'TXT' || !mark) continue
    const key = `${zone} ${mark.instance}`
    const known = sent.get(key) ?? []
    const isKnown = known.some(
      each =>
        name === each.name && value === each.value && ref === each.ref && ttlSeconds === each.ttlSeconds,
    )
    if (!isKnown) sent.set(key, [...known, member])
  }
}

/** Whom a change may bring back: with an address, or by lifting the hold that keeps its own script out for no other one. */
function letIn({change: {create, remove}, heldOut = []}: ChangeDns): string[] {
  const addresses = create.filter(({type}) => type === 'A' || type === 'AAAA')
  const ids = [
    ...addresses.flatMap(({mark}) => mark?.instance ?? []),
    ...remove.flatMap(({type, value}) => (type === 'TXT' ? (holdInstance(value) ?? []) : [])),
  ]
  return ids.filter(id => !heldOut.includes(id))
}

function forgetAbsence({heldOut}: Folding['recorded'], instance: string, zone: string): void {
  const zones = new Map(heldOut.get(instance)?.zones)
  if (!zones.delete(zone)) return
  if (zones.size > 0) heldOut.set(instance, {zones})
  else heldOut.delete(instance)
}

/** What came of it. A second outcome may follow the one that could not tell: then somebody looked. */
export function concludeStep(
  {recorded: state, steps, sent}: Folding,
  step: string,
  result: StepResult,
  atMs: number,
): void {
  const what = steps.get(step)
  if (!what) return
  if (result.kind === 'done' || result.effect === 'none') {
    steps.delete(step)
    state.unsettledNetwork.delete(step)
  }
  switch (what.kind) {
    case 'launch': {
      const {launch} = what.order.mark
      const before = state.launches.get(launch)
      if (!before) break
      const {shortfall} = result
      // The launch has asked for their end already: until it shows, nobody takes them for too many.
      if (result.kind === 'done') for (const id of result.doubles ?? []) state.terminatedAtMs.set(id, atMs)
      state.launches.set(launch, {
        ...before,
        answeredAtMs: atMs,
        open: result.kind === 'failed' && result.effect === 'unknown',
        instances: result.kind === 'done' ? (result.instances ?? []) : [],
        ...(shortfall === undefined ? {} : {shortfall}),
      })
      break
    }
    case 'change-dns':
      if (result.kind !== 'done') break
      noteTtlChange(state, what, result.receipt, atMs)
      for (const instance of [...what.leaving, ...(what.heldOut ?? [])]) {
        // Who was held out before and had nothing there now has waited since then.
        const earlier = takesAway(what, instance)
          ? undefined
          : state.heldOut.get(instance)?.zones.get(what.zone)
        const left = earlier ?? leftNow(sent, what, instance, result.receipt, atMs)
        forgetAbsence(state, instance, what.zone)
        const absent = what.leaving.includes(instance) ? state.leaving : state.heldOut
        absent.set(instance, {zones: new Map(absent.get(instance)?.zones).set(what.zone, left)})
      }
      break
    case 'terminate':
      if (result.kind !== 'done') break
      for (const instance of what.instances) {
        state.terminatedAtMs.set(instance, atMs)
        state.drained.delete(instance)
        state.lifted.delete(instance)
        state.heldOut.delete(instance)
      }
      break
    case 'ensure-network':
      if (result.kind === 'done') state.networkIds.set(`${what.place} ${what.group}`, result.networkIds ?? [])
      break
    case 'remove-network':
      if (result.kind === 'done') state.networkIds.delete(`${what.place} ${what.group}`)
      break
    default:
      what satisfies never
  }
}

/** Whether this change takes an address of the instance away. */
export const takesAway = ({change}: ChangeDns, instance: string): boolean =>
  change.remove.some(({type, mark}) => type !== 'TXT' && mark?.instance === instance)

const leftNow = (
  sent: Folding['sent'],
  {zone}: ChangeDns,
  instance: string,
  receipt: ChangeReceipt | undefined,
  atMs: number,
): Left => ({
  removed: sent.get(`${zone} ${instance}`) ?? [],
  removedAtMs: atMs,
  ...(receipt ? {receipt} : {}),
})
