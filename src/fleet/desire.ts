import {InterruptedError, McdError, RefusedError, UnreachableError} from '../errors.ts'
import type {Instance, LaunchTarget} from '../providers/compute.ts'
import type {Desired, DesiredGroup} from './desired.ts'
import type {Fleet, Group} from './model.ts'
import {nameKey, type Observed} from './observed.ts'
import type {Outside} from './outside.ts'
import {specHash} from './spec.ts'

/**
 * Turns the fleet file into what a launch would use now: images, types and zones resolved, userdata rendered once to see
 * that it fits. Throws RefusedError with every refusal of every place and zone at once; changes nothing. `before` is what an
 * earlier look of this run gave: it holds, and only a group whose place was silent then is resolved now.
 */
export async function desireFleet(
  outside: Outside,
  fleet: Fleet,
  observed: Observed,
  before?: Desired,
): Promise<Desired> {
  const refusals: string[] = []
  const known = new Map(before?.groups.map(each => [each.group.name, each]))
  const groups = await Promise.all(
    fleet.groups.map(async (group): Promise<DesiredGroup> => {
      const earlier = known.get(group.name)
      if (earlier?.launch || earlier?.unresolved !== undefined) return earlier
      if (!observed.places.get(group.place.key)?.readable) return {group}
      try {
        return {group, launch: await resolveGroup(outside, fleet, group, observed)}
      } catch (error) {
        if (!(error instanceof McdError) || error instanceof InterruptedError) throw error
        // It answered a moment ago, or the run is under way: this group waits for the next run, the others go on.
        if (before || error instanceof UnreachableError) return {group, unresolved: error.message}
        const reasons = error instanceof RefusedError ? error.reasons : [error.message]
        refusals.push(
          ...reasons.map(reason =>
            reason.startsWith('groups.') ? reason : `groups.${group.name}: ${reason}`,
          ),
        )
        return {group}
      }
    }),
  )
  if (!before) refusals.push(...dnsRefusals(outside, fleet, groups, observed))
  if (refusals.length > 0)
    throw new RefusedError([...new Set(refusals)], {
      suggestions: ['Mend the fleet file, then run again. Nothing was changed.'],
    })
  return {fleet, goal: {kind: 'up'}, groups}
}

async function resolveGroup(
  outside: Outside,
  fleet: Fleet,
  group: Group,
  observed: Observed,
): Promise<NonNullable<DesiredGroup['launch']>> {
  const provider = outside.compute(group.place)
  const userdata = outside.userdata.spec(group)
  const pinned = pinnedImage(group, observed, userdata)
  const target = await provider.resolveLaunch({
    ...group.wish,
    ...(pinned === undefined ? {} : {pinnedImageId: pinned}),
  })
  const lacking = addressRefusals(fleet, target)
  if (lacking.length > 0) throw new RefusedError(lacking)
  outside.userdata.render(group, observed.zones, provider.capabilities)
  return {target, spec: specHash(group.wish, target.imageId, userdata)}
}

/** An instance without the address that a name asks for would run, cost, and never serve (decision 14). */
function addressRefusals({names}: Fleet, {without = {}}: LaunchTarget): string[] {
  return names.flatMap(({name, address}) => {
    const why = without[address]
    const other = address === 'public' ? 'private' : 'public'
    if (why === undefined) return []
    return `Its instances need a ${address} address for ${name}, and ${why}, or set "address: ${other}" in dns.`
  })
}

/** An alias stays pinned to what lives (decision 7): the image under which a living instance's mark comes out the same. */
function pinnedImage(group: Group, observed: Observed, userdata: unknown): string | undefined {
  const place = observed.places.get(group.place.key)
  const living: readonly Instance[] = place?.readable ? place.instances : []
  // Thousands of instances have a few images: each is hashed once.
  const specs = new Map<string, string>()
  const specOf = (imageId: string): string => {
    const spec = specs.get(imageId) ?? specHash(group.wish, imageId, userdata)
    specs.set(imageId, spec)
    return spec
  }
  return living.find(
    ({mark, imageId, state}) =>
      state !== 'gone' && mark.group === group.name && imageId !== undefined && specOf(imageId) === mark.spec,
  )?.imageId
}

/** Instances of an older launch spec, or of groups that left the file: they stay in DNS beside those that follow them (decision 16). */
function surge({dns}: Fleet, groups: readonly DesiredGroup[], {places}: Observed): number {
  const key = (place: string, group: string, spec: string | undefined) => `${place} ${group} ${spec}`
  const staying = new Set(groups.map(({group, launch}) => key(group.place.key, group.name, launch?.spec)))
  const unresolved = new Set(groups.flatMap(({group, launch}) => (launch ? [] : [group.name])))
  const living = [...places.values()].flatMap(place =>
    place.readable ? place.instances.filter(({mark, state}) => mark.dns === dns && state !== 'gone') : [],
  )
  return living.filter(
    ({place, mark}) => !unresolved.has(mark.group) && !staying.has(key(place, mark.group, mark.spec)),
  ).length
}

function dnsRefusals(
  outside: Outside,
  fleet: Fleet,
  groups: readonly DesiredGroup[],
  observed: Observed,
): string[] {
  const total = fleet.groups.reduce((sum, {count}) => sum + count, 0) + surge(fleet, groups, observed)
  return fleet.names.flatMap(({vendor, name, ttlSeconds, proxied}) => {
    const seen = observed.names.get(nameKey(vendor, name))
    if (!seen?.readable) return []
    return outside
      .dns(vendor)
      .refusals({name, ttlSeconds, proxied, members: total}, seen.members)
      .map(reason => `dns ${name}: ${reason}`)
  })
}
