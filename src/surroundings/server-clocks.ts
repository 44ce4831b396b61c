import type {ClockReading} from '../doctor/clock.ts'
import {unlessRefused} from '../doctor/finding.ts'
import type {Fleet} from '../fleet/model.ts'
import {zoneKey} from '../journal/events.ts'
import {apiAddresses, placeAddress, type Surroundings} from '../providers/registry.ts'

const TIMEOUT_MS = 5_000
/** Where Route53 listens; its calls all begin with the version of its API. */
const ROUTE53 = {address: 'https://route53.amazonaws.com', path: '/2013-04-01/hostedzone'}

/**
 * Reads the Date header of whoever holds signatures against the clock: EC2, CloudAPI and Route53. CloudFlare takes a token at
 * any time. The requests are unsigned, so that the answer is a refusal, and dated all the same.
 */
export async function readServerClocks(fleet: Fleet, around: Surroundings): Promise<ClockReading[]> {
  const places = new Map(fleet.groups.map(({place}) => [place.key, place]))
  const ofPlaces = [...places.values()].map(async place => {
    // A place without credentials has no address either, and says so itself.
    const address = await unlessRefused(async () => placeAddress(place, around))
    return address === undefined ? undefined : read(place.key, address, around)
  })
  const zones = new Map(
    fleet.names.flatMap(({vendor, zone}) => (vendor === 'route53' ? [[zoneKey(vendor, zone), zone]] : [])),
  )
  const route53 = `${apiAddresses(around).route53 ?? ROUTE53.address}${ROUTE53.path}`
  const ofZones = [...zones.keys()].map(key => read(key, route53, around))
  const readings = await Promise.all([...ofPlaces, ...ofZones])
  return readings.flatMap(reading => reading ?? [])
}

async function read(
  of: string,
  address: string,
  {runtime}: Pick<Surroundings, 'runtime'>,
): Promise<ClockReading | undefined> {
  const sentAtMs = runtime.now()
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(TIMEOUT_MS)])
  // Whoever examines the place says that it cannot be reached.
  const date = await fetch(address, {redirect: 'manual', signal})
    .then(async response => {
      await response.body?.cancel()
      return response.headers.get('date')
    })
    .catch(() => null)
  const atMs = Date.parse(date ?? '')
  if (Number.isNaN(atMs)) return undefined
  const ourMs = (sentAtMs + runtime.now()) / 2
  return {of, server: new URL(address).host, aheadMs: Math.round(atMs - ourMs)}
}
