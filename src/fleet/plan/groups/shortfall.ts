import type {LaunchOrder, LaunchReceipt, LaunchZone} from '../../../providers/compute.ts'
import type {Group} from '../../model.ts'
import {type FleetView, launchedInRun} from '../fleet-view.ts'

/** What a cloud could not give in this run, and for which order. */
export type Shortfall = NonNullable<LaunchReceipt['shortfall']> & {
  readonly order: Pick<LaunchOrder, 'type' | 'zone'>
}

/** The clouds say it at launch, or accept the launch and let it fail. Of this run alone: a later one may find room. */
export function shortfallsOf(view: FleetView, {name, place}: Group): Shortfall[] {
  const atLaunch = [...view.recorded.launches.values()].flatMap(
    ({run, group, place: key, shortfall, order}) =>
      run === view.run && group === name && key === place.key && shortfall ? [{...shortfall, order}] : [],
  )
  const afterwards = [...view.gone.values()].flatMap(({id, mark, place: key, unplaced, stateReason}) => {
    const order = view.recorded.launches.get(mark.launch)?.order
    if (!unplaced || !order || mark.group !== name || key !== place.key || !launchedInRun(view, id)) return []
    return [
      {kind: 'capacity' as const, message: stateReason ?? `There was no room for ${order.type}.`, order},
    ]
  })
  return [...atLaunch, ...afterwards]
}

/** Out of capacity there, or out of quota anywhere: a quota is the account's, so no other zone or type helps. */
export function isExhausted(shortfalls: readonly Shortfall[], zone: LaunchZone, type: string): boolean {
  return shortfalls.some(
    ({kind, order}) =>
      kind === 'quota' ||
      // A subnet may be full where another one of its zone is not.
      (order.type === type && order.zone.name === zone.name && order.zone.subnetId === zone.subnetId),
  )
}

/** In the cloud's own words, each once. Where nothing is missing, it was a rollout that found no room. */
export function shortfallText(shortfalls: readonly Shortfall[], {name}: Group, missing: number): string {
  const why = [...new Set(shortfalls.map(({message}) => message.replace(/\.$/, '')))].join('; ')
  const what =
    missing > 0 ? `Group ${name} is ${missing} short` : `Nothing can be launched beside group ${name}`
  return `${what}: ${why || 'no zone offers its types'}.`
}
