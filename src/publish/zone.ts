import {canonical} from '../dns/presentation.ts'
import {RefusedError} from '../errors.ts'
import {holdName} from '../mark.ts'
import type {DnsChange, DnsProvider, Member, NameWish, Zone} from '../providers/dns.ts'
import {namesOf, type ServiceNames} from './service.ts'

/** A zone as whoever publishes services in it uses it. */
export type ServiceZone = {
  readonly name: string
  /** What concerns one instance of a service, and everything under these names beside; with its marks. */
  readService(service: ServiceNames, ...names: string[]): Promise<Member[]>
  /** The same for every instance of every service that the zone lists. */
  readServices(service: ServiceNames, ...names: string[]): Promise<Member[]>
  change(change: DnsChange): Promise<void>
  /** Throws RefusedError with all that the vendor would refuse. */
  require(wish: NameWish, standing: readonly Member[]): void
}

/** Throws ZoneNotFoundError. */
export async function openServiceZone(provider: DnsProvider, name: string): Promise<ServiceZone> {
  const zone = await provider.findZone(name)
  const list = (names: readonly string[]) => listWithMarks(provider, zone, names)
  const readService = async (service: ServiceNames, ...names: string[]) => {
    const {instance, service: listing, browse} = namesOf(service)
    return list([instance, listing, browse, ...names])
  }
  return {
    name: zone.name,
    readService,
    async readServices(service, ...names) {
      const first = await readService(service, ...names)
      const listings = pointedTo(first, namesOf(service).browse, zone).filter(
        each => each !== namesOf(service).service,
      )
      const more = await list(listings)
      const sets = [namesOf(service).service, ...listings].flatMap(each =>
        pointedTo([...first, ...more], each, zone),
      )
      return [...first, ...more, ...(await list(sets.filter(each => each !== namesOf(service).instance)))]
    },
    change: async change => void (await provider.change(zone, change)),
    require(wish, standing) {
      const reasons = provider.refusals(wish, standing)
      if (reasons.length > 0) throw new RefusedError(reasons)
    },
  }
}

/** Each name once, with where its values' marks stand. */
async function listWithMarks(provider: DnsProvider, zone: Zone, names: readonly string[]): Promise<Member[]> {
  const unique = [...new Set(names)]
  return unique.length === 0
    ? []
    : provider.listMembers(
        zone,
        unique.flatMap(each => [each, holdName(each)]),
      )
}

/** The names inside this zone that a PTR set leads to. */
const pointedTo = (members: readonly Member[], name: string, zone: Zone): string[] =>
  members
    .filter(member => member.type === 'PTR' && member.name === name)
    .map(({value}) => canonical(value))
    .filter(value => value.endsWith(`.${zone.name}`))
