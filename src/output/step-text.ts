import type {NoteHistory, StepHistory} from '../fleet/history/history.ts'
import type {Step, StepResult} from '../journal/events.ts'
import {timeText} from './time-text.ts'
import {useText} from './use-text.ts'

/** What a recorded step was to do: `launch 2 × t3.micro in us-east-1a for group virginia`. */
export function inputText(step: Step): string {
  switch (step.kind) {
    case 'ensure-network':
      return `open port ${step.open.join(', ')} for group ${step.group} in ${step.place}`
    case 'remove-network':
      return `close the ports of group ${step.group} (${step.piece}) in ${step.place}`
    case 'launch':
      return `launch ${step.order.count} × ${step.order.type} in ${step.order.zone.name} for group ${step.group}`
    case 'change-dns':
      return changeText(step)
    case 'terminate':
      return `terminate ${listText(step.instances)} in ${step.place}`
    default:
      return step satisfies never
  }
}

function changeText({zone, change: {create, remove}, leaving}: Step & {kind: 'change-dns'}): string {
  const parts = [
    create.length > 0 ? `add ${membersText(create)}` : '',
    remove.length > 0 ? `remove ${membersText(remove)}` : '',
  ].filter(Boolean)
  if (parts.length > 0) return `${zone}: ${parts.join('; ')}`
  return `${zone}: nothing stands there for ${listText(leaving)}`
}

const MOST_SHOWN = 4

const membersText = (members: readonly {type: string; value: string}[]): string =>
  listText(members.map(({type, value}) => `${type} ${value}`))

export const listText = (ids: readonly string[]): string =>
  ids.length > MOST_SHOWN
    ? `${ids.slice(0, MOST_SHOWN - 1).join(', ')} and ${ids.length - MOST_SHOWN + 1} more`
    : ids.join(', ')

/** What came of it, as this run knows; `works` while the run does. */
export function resultText({input, result, settledBy}: StepHistory, works = false): string {
  const elsewhere = settledBy === undefined ? '' : ` Run ${settledBy} found out what came of it.`
  if (!result) return works ? 'under way' : `no answer was written down.${elsewhere}`
  return `${doneText(input, result)}${elsewhere}`
}

function doneText(input: Step, result: StepResult): string {
  if (result.kind === 'failed') {
    const doubt = result.effect === 'unknown' ? ' It may have taken effect.' : ''
    return `failed: ${result.message}${doubt}`
  }
  if (input.kind !== 'launch') return result.networkIds?.length ? result.networkIds.join(', ') : 'done'
  const {instances = [], shortfall} = result
  const ids = instances.length > 0 ? instances.join(', ') : 'none'
  const short = instances.length < input.order.count
  return short
    ? `${instances.length} of ${input.order.count}: ${ids}${shortfall ? `; ${shortfall.message}` : ''}`
    : ids
}

/** What a run learned or was told beside its steps. */
export function noteText({event}: NoteHistory): string {
  switch (event.type) {
    case 'owner-recorded':
      return `owner name ${event.dns}`
    case 'place-recorded':
      return `place ${event.place.key} is account ${event.account}`
    case 'zone-recorded':
      return `zone ${event.vendor}/${event.zone} is ${event.id}`
    case 'name-published':
      return `name ${event.name} in ${event.vendor}, TTL ${event.ttlSeconds} s`
    case 'place-left':
      return `place ${event.place} is left: nothing of this fleet is there any more`
    case 'name-left':
      return `name ${event.name} in ${event.vendor} is left: nothing of this fleet stands there any more`
    case 'lease-broken':
      return `the lease of run ${event.run} was broken by ${event.user}@${event.host}`
    case 'place-silent':
      return `place ${event.place} says nothing`
    case 'place-answered':
      return `place ${event.place} answers again`
    case 'replacement-asked':
      return `to be replaced: ${listText(event.instances)}`
    case 'drain-asked':
      return `drained on purpose: ${listText(event.instances)}`
    case 'drain-lifted':
      return `no longer drained: ${listText(event.instances)}`
    case 'quiet-missed':
      return `drain.max has passed: ${event.instances.map(useText).join('; ')}`
    case 'ttl-lowered':
      return `TTL of ${event.name} in ${event.vendor} lowered to ${event.ttlSeconds} s`
    case 'ttl-restored':
      return `TTL of ${event.name} in ${event.vendor} is the fleet file's again`
    case 'ttl-served':
      return `${event.vendor} answers for ${event.name} with the lowered TTL alone`
    case 'ttl-settled':
      return `the longer TTL of ${event.name} in ${event.vendor} has passed everywhere`
    case 'spec-recorded':
      return `launch spec ${event.spec} is kept: its template and values, secrets by name`
    case 'rollback-asked':
      return `to be returned to: the launch ${event.launches.length === 1 ? 'spec' : 'specs'} of ${listText(event.launches)}`
    case 'pause-begun':
      return `${listText(event.instances)} of group ${event.group} ${event.instances.length === 1 ? 'serves' : 'serve'} beside the old: the pause begins`
    case 'moved':
      return `the journal goes on in ${event.to}`
    case 'requests-met':
      return 'what was asked for beyond the fleet file has come true'
    case 'instances-found':
      return `found in ${event.place} by their marks: ${listText(event.instances.map(({id}) => id))}`
    case 'instances-seen':
      return `seen running in ${event.place}: ${listText(event.instances.map(({id}) => id))}`
    case 'instances-lost':
      return event.unmarked
        ? `lost in ${event.place}, where they live on without their mark: ${listText(event.instances)}`
        : `lost in ${event.place}, though no run had ended them: ${listText(event.instances)}`
    case 'instances-ended':
      return `ended in ${event.place}, as it shows: ${listText(event.instances)}`
    case 'fleet-settled':
      return 'the fleet is as its file says: what differs after this came by itself'
    case 'notice-owed':
      return `to be told (${event.about}): ${listText(event.receivers.map(({host}) => host))}`
    case 'notice-delivered':
      return `notification ${event.id} has arrived`
    case 'notice-given-up':
      return `notification ${event.id} is given up for ${listText(event.receivers.map(({host}) => host))}: ${GIVEN_UP[event.because]}`
    default:
      return event satisfies never
  }
}

const GIVEN_UP = {
  'too-old': 'it could not be delivered for three days',
  removed: 'the fleet file does not name it any more',
  refused: 'it wants none (410 Gone)',
} as const

/** Attempts that did not get through, alike ones together: `AWS RunInstances 2 × since 12:00:02: Request limit exceeded.` */
export function retriesText(retries: StepHistory['retries']): string[] {
  const alike = new Map<string, {call: string; why: string; atMs: number; times: number}>()
  for (const {call, why, atMs} of retries) {
    const key = `${call} ${why}`
    const known = alike.get(key)
    alike.set(key, {call, why, atMs: known?.atMs ?? atMs, times: (known?.times ?? 0) + 1})
  }
  return [...alike.values()].map(
    ({call, why, atMs, times}) =>
      `${call} had to be sent again${times > 1 ? ` ${times} times from ${timeText(atMs)} on` : ` at ${timeText(atMs)}`}: ${why}`,
  )
}
