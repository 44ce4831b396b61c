import {InterruptedError, McdError, RefusedError, UnreachableError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import type {Instance, LaunchTarget} from '../../providers/compute.ts'
import type {Desired, DesiredGroup} from '../desired.ts'
import type {Fleet, Group} from '../model.ts'
import type {Observed} from '../observed.ts'
import type {Outside} from '../outside.ts'
import {dnsRefusals, refuse} from './dns-refusals.ts'
import {specHash} from './spec.ts'

export type DesireOptions = {
  /** What an earlier look of this run gave: it holds, and only a group whose place was silent then is resolved now. */
  readonly before?: Desired
  readonly goal?: Desired['goal']
  readonly refreshImages?: boolean
}

/**
 * Turns the fleet file into what a launch would use now: images, types and zones resolved, userdata rendered once to see
 * that it fits. Throws RefusedError with every refusal of every place and zone at once; changes nothing.
 */
export async function desireFleet(
  outside: Outside,
  fleet: Fleet,
  observed: Observed,
  recorded: Recorded,
  {before, goal = {kind: 'up'}, refreshImages = false}: DesireOptions = {},
): Promise<Desired> {
  const refusals: string[] = []
  const known = new Map(before?.groups.map(each => [each.group.name, each]))
  const groups = await Promise.all(
    fleet.groups.map(async (group): Promise<DesiredGroup> => {
      const earlier = known.get(group.name)
      if (earlier?.launch || earlier?.unresolved !== undefined) return earlier
      if (!observed.places.get(group.place.key)?.readable) return {group}
      try {
        return {
          group,
          launch: await resolveGroup(outside, fleet, group, observed, {...recorded, refreshImages}),
        }
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
  if (!before) refusals.push(...dnsRefusals(outside, {fleet, goal, groups}, recorded, observed))
  refuse(refusals)
  return {fleet, goal, groups}
}

async function resolveGroup(
  outside: Outside,
  fleet: Fleet,
  group: Group,
  observed: Observed,
  {launches, digestKey, refreshImages}: Recorded & {refreshImages: boolean},
): Promise<NonNullable<DesiredGroup['launch']>> {
  const provider = outside.compute(group.place)
  const userdata = outside.userdata.spec(group)
  const place = observed.places.get(group.place.key)
  const instances = place?.readable ? place.instances : []
  const pinned =
    group.wish.pinnedImageId ??
    (refreshImages ? undefined : pinnedImage(group, instances, launches, userdata))
  const target = await provider.resolveLaunch({
    ...group.wish,
    ...(pinned === undefined ? {} : {pinnedImageId: pinned}),
  })
  const lacking = addressRefusals(fleet, target)
  if (lacking.length > 0) throw new RefusedError(lacking)
  const rendered = outside.userdata.render(group, observed.zones, provider.capabilities)
  return {
    target,
    spec: specHash(group.wish, target.imageId, userdata),
    ...(digestKey === undefined ? {} : {userdataDigest: rendered.digest(digestKey)}),
  }
}

/** An instance without the address that a name asks for would run, cost, and never serve (decision 14). */
function addressRefusals({names}: Fleet, {without = {}}: LaunchTarget): string[] {
  return names.flatMap(({name, address, ipv6}) => {
    const needed = address === 'public' && ipv6 === false ? 'publicIpv4' : address
    const why = without[needed] ?? without[address]
    const other = address === 'public' ? 'private' : 'public'
    if (why === undefined) return []
    const what = needed === 'publicIpv4' ? 'public IPv4' : address
    return `Its instances need a ${what} address for ${name}, and ${why}, or set "address: ${other}" in dns.`
  })
}

/**
 * An alias stays pinned to what lives (decision 7): the image of the newest instance that was launched under this alias. The
 * journal tells that, and without it a mark that comes out the same under the instance's image.
 */
function pinnedImage(
  group: Group,
  instances: readonly Instance[],
  launches: Recorded['launches'],
  userdata: unknown,
): string | undefined {
  // Thousands of instances have a few images: each is hashed once.
  const specs = new Map<string, string>()
  const specOf = (imageId: string): string => {
    const spec = specs.get(imageId) ?? specHash(group.wish, imageId, userdata)
    specs.set(imageId, spec)
    return spec
  }
  const isUnderAlias = ({mark, imageId = ''}: Instance): boolean =>
    launches.get(mark.launch)?.order.target.wish.image === group.wish.image || specOf(imageId) === mark.spec
  return instances
    .filter(
      instance =>
        instance.state !== 'gone' &&
        instance.mark.group === group.name &&
        instance.imageId !== undefined &&
        isUnderAlias(instance),
    )
    .reduce<Instance | undefined>(
      (newest, each) => (newest && newest.launchedAtMs >= each.launchedAtMs ? newest : each),
      undefined,
    )?.imageId
}
