import type {Fleet} from '../../fleet/model.ts'
import {unlessRefused} from '../finding.ts'
import {placeNeeds} from '../needs.ts'
import type {DoctorOutside} from '../outside.ts'
import type {Seen, SeenPlace} from './component.ts'

/** Asks every place who holds it, where instances live, and where a launch would put them. Who does not answer is left out. */
export async function lookAtPlaces({compute}: Pick<DoctorOutside, 'compute'>, fleet: Fleet): Promise<Seen> {
  const places = await Promise.all(
    placeNeeds(fleet).map(async ({place, needs}): Promise<[string, SeenPlace] | undefined> => {
      const seen = await unlessRefused(async () => {
        const provider = compute(place)
        const account = await provider.identify()
        const [instances, ...resolved] = await Promise.all([
          provider.listInstances(fleet.name),
          ...needs.groups.map(async ({name, wish}) => {
            const target = await unlessRefused(() => provider.resolveLaunch(wish))
            return target && ([name, target.zones.map(zone => zone.name)] as const)
          }),
        ])
        const living = instances.filter(({mark, state}) => mark.dns === fleet.dns && state !== 'gone')
        return {
          account,
          zonesInUse: [...new Set(living.flatMap(({zone}) => zone ?? []))],
          zonesOfLaunch: new Map(resolved.flatMap(each => (each ? [each] : []))),
        }
      })
      return seen && [place.key, seen]
    }),
  )
  return {places: new Map(places.flatMap(each => (each ? [each] : [])))}
}
