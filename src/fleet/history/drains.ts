import type {Step, StepResult, ZoneKey} from '../../journal/events.ts'
import {takesAway} from '../../journal/fold-steps.ts'

/** The way of instances that left together, as far as this run went along: times are those at which each part was written down. */
export type DrainHistory = {
  readonly instances: readonly string[]
  readonly zones: readonly {
    readonly zone: ZoneKey
    readonly removedAtMs: number
    /** Since when the vendor's servers no longer answer with them. */
    readonly servedAtMs?: number
  }[]
  /** They are held out of DNS and go on living. */
  readonly livesOn?: true
  /** When their end was asked of the cloud. */
  readonly endedAtMs?: number
}

/** How an instance leaves: since when it is out of each zone, and when its end was asked for. */
export type WayOut = {
  readonly zones: Map<ZoneKey, {readonly removedAtMs: number; servedAtMs?: number}>
  livesOn?: boolean
  endedAtMs?: number
}

/** Follows the instances that a step took out of a zone, or ended. Returns them. */
export function leave(
  waysOut: Map<string, WayOut>,
  what: Step,
  result: StepResult,
  atMs: number,
): readonly string[] {
  if (result.kind !== 'done') return []
  if (what.kind === 'change-dns') {
    const out = [...what.leaving, ...(what.heldOut ?? [])]
    for (const instance of out) {
      const way: WayOut = waysOut.get(instance) ?? {zones: new Map()}
      waysOut.set(instance, way)
      way.livesOn = !what.leaving.includes(instance)
      // Who was held out and is to end now has been out since then.
      if (takesAway(what, instance) || !way.zones.has(what.zone))
        way.zones.set(what.zone, {removedAtMs: atMs})
    }
    return out
  }
  if (what.kind !== 'terminate') return []
  for (const instance of what.instances) {
    const way = waysOut.get(instance)
    if (way) way.endedAtMs ??= atMs
  }
  return what.instances.filter(instance => waysOut.has(instance))
}

/** As far as the run went along. Instances that went the same way at the same times are told together. */
export function drainsOf(
  moved: ReadonlySet<string>,
  waysOut: ReadonlyMap<string, WayOut>,
  untilMs: number,
): DrainHistory[] {
  const drains = new Map<string, DrainHistory & {readonly instances: string[]}>()
  for (const instance of moved) {
    const way = waysOut.get(instance)
    if (!way) continue
    const zones = [...way.zones].flatMap(([zone, {removedAtMs, servedAtMs}]) => {
      if (removedAtMs > untilMs) return []
      return [{zone, removedAtMs, ...(isBy(untilMs, servedAtMs) ? {servedAtMs} : {})}]
    })
    const path = {
      zones,
      ...(way.livesOn ? {livesOn: true as const} : {}),
      ...(isBy(untilMs, way.endedAtMs) ? {endedAtMs: way.endedAtMs} : {}),
    }
    const key = JSON.stringify(path)
    const drain = drains.get(key) ?? {instances: [], ...path}
    drain.instances.push(instance)
    drains.set(key, drain)
  }
  return [...drains.values()]
}

const isBy = (untilMs: number, atMs: number | undefined): atMs is number =>
  atMs !== undefined && atMs <= untilMs
