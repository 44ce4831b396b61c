import type {Fleet} from '../fleet/model.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import type {Recorded} from '../journal/recorded.ts'
import type {Zone} from '../providers/dns.ts'
import {type FleetFinding, unlessRefused} from './finding.ts'
import type {DoctorOutside} from './outside.ts'

/** Whether what the journal knows of is still what the credentials lead to (decision 5). Who cannot be asked has said so elsewhere. */
export async function examineAccounts(
  {compute}: Pick<DoctorOutside, 'compute'>,
  {groups, names}: Fleet,
  {places, zones: recordedZones}: Recorded,
  zones: ReadonlyMap<ZoneKey, Zone>,
): Promise<FleetFinding[]> {
  const declared = new Map(groups.map(({place}) => [place.key, place]))
  const ofPlaces = [...declared.values()].map(async (place): Promise<FleetFinding[]> => {
    const before = places.get(place.key)?.account
    const now = before === undefined ? undefined : await unlessRefused(() => compute(place).identify())
    if (before === undefined || now === undefined) return []
    return [{place: place.key, ...accountFinding(`account of ${place.key}`, now, before)}]
  })
  const ofZones = [...new Set(names.map(({vendor, zone}) => zoneKey(vendor, zone)))].flatMap(
    (key): FleetFinding[] => {
      const [before, now] = [recordedZones.get(key), zones.get(key)]
      if (!before || !now) return []
      return [{zone: key, ...accountFinding(`account of ${key}`, zoneText(now), zoneText(before))}]
    },
  )
  return [...(await Promise.all(ofPlaces)).flat(), ...ofZones]
}

/** Route53 shows no account beside a zone's id. */
const zoneText = ({id, account}: {readonly id: string; readonly account: string}): string =>
  account === '' || account === id ? `zone ${id}` : `zone ${id} of account ${account}`

function accountFinding(subject: string, now: string, before: string) {
  const finding = {check: 'identity' as const, subject}
  if (now === before) return {...finding, outcome: 'ok' as const, detail: `${now}, as in the runs before.`}
  return {
    ...finding,
    outcome: 'failed' as const,
    detail: `These credentials lead to ${now}, but this fleet lives in ${before}.`,
    remedy: `Use credentials of ${before}. Every run stops at this before it changes anything.`,
  }
}
