import type {Fleet} from '../model.ts'
import type {ObservedPlace} from '../observed.ts'

/**
 * One data centre can be known under two place keys (a Triton profile here, an endpoint there): both then list the same
 * instances. Each belongs to the place its group is declared in, else to the first that listed it; counted twice, it would be
 * taken for a stray of the other group.
 */
export function oncePerPlace(
  places: ReadonlyMap<string, ObservedPlace>,
  {groups}: Fleet,
): Map<string, ObservedPlace> {
  const home = new Map<string, string>()
  const claim = (id: string, group: string, place: string) => {
    const declared = groups.some(({name, place: {key}}) => name === group && key === place)
    if (declared || !home.has(id)) home.set(id, place)
  }
  for (const [key, place] of places) {
    if (!place.readable) continue
    for (const {id, mark} of place.instances) claim(id, mark.group, key)
    for (const {id, group} of place.network) claim(id, group, key)
  }
  return new Map(
    [...places].map(([key, place]) => [
      key,
      place.readable
        ? {
            ...place,
            instances: place.instances.filter(({id}) => home.get(id) === key),
            network: place.network.filter(({id}) => home.get(id) === key),
          }
        : place,
    ]),
  )
}
