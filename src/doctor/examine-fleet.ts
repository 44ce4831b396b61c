import type {Fleet} from '../fleet/model.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import type {Place} from '../providers/compute.ts'
import type {Zone} from '../providers/dns.ts'
import type {ComputeNeeds, Finding} from '../providers/examine.ts'
import {examineAccounts} from './accounts.ts'
import {type ClockVerdict, judgeClocks} from './clock.ts'
import {judgeDelegation, judgePart, partsBetween} from './delegation.ts'
import {type FleetFinding, troubled, unlessRefused} from './finding.ts'
import {placeNeeds, type ZoneToExamine, zoneNeeds} from './needs.ts'
import type {DoctorOutside} from './outside.ts'
import {examineSsh} from './ssh.ts'
import {examineState} from './state.ts'
import {userdataFindings} from './userdata.ts'

/**
 * Tries everything that a run of this fleet would need, and changes nothing (law 9). Whoever is asked is asked side by side
 * with all others; who does not answer is a finding, and the rest goes on. The order of the findings is that of the file.
 */
export async function examineFleet(outside: DoctorOutside, fleet: Fleet): Promise<FleetFinding[]> {
  const toExamine = zoneNeeds(fleet)
  // Whoever needs a zone's id or its servers waits for the same look.
  const lookedUp = new Map(
    toExamine.map(({key, vendor, needs}) => [
      key,
      unlessRefused(async () => outside.dns(vendor).findZone(needs.zone)),
    ]),
  )
  const zonesFound = foundOf(lookedUp)
  const [userdata, places, zones, clocks, ssh, state] = await Promise.all([
    zonesFound.then(found => examineUserdata(outside, found)),
    Promise.all(placeNeeds(fleet).map(({place, needs}) => examinePlace(outside, place, needs))),
    Promise.all(toExamine.map(zone => examineZone(outside, fleet, zone, lookedUp))),
    outside.readClocks().then(judgeClocks),
    examineSsh(fleet, outside.ssh),
    examineState(outside, fleet).then(async ({findings, recorded}) => [
      ...findings,
      ...(recorded ? await examineAccounts(outside, fleet, recorded, await zonesFound) : []),
    ]),
  ])
  const all: FleetFinding[] = [
    ...userdata,
    ...places.flat(),
    ...zones.flat(),
    ...clocks.findings,
    ...ssh,
    ...state,
  ]
  return all
    .filter(({place, zone}) => !clocks.refusing.has(place ?? zone ?? ''))
    .map(finding => (clocks.findings.includes(finding) ? finding : withoutClock(finding, clocks)))
}

/** Whose clock it is has been told, with what to do about it: whoever else refused a signature for its time is not looked at. */
function withoutClock(finding: FleetFinding, {refusing}: ClockVerdict): FleetFinding {
  if (finding.check !== 'clock' || refusing.size === 0) return finding
  const {remedy: _, ...rest} = finding
  return {...rest, outcome: 'unknown', detail: `Not looked at, for the clock: ${finding.detail}`}
}

type LookedUp = ReadonlyMap<ZoneKey, Promise<Zone | undefined>>

async function foundOf(lookedUp: LookedUp): Promise<ReadonlyMap<ZoneKey, Zone>> {
  const all = await Promise.all([...lookedUp].map(async ([key, zone]) => [key, await zone] as const))
  return new Map(all.flatMap(([key, zone]) => (zone ? [[key, zone] as const] : [])))
}

function examineUserdata(outside: DoctorOutside, zones: ReadonlyMap<ZoneKey, Zone>): FleetFinding[] {
  try {
    return userdataFindings(outside.checkUserdata(zones))
  } catch (error) {
    return [troubled('userdata', 'userdata', error)]
  }
}

async function examinePlace(
  outside: DoctorOutside,
  place: Place,
  needs: ComputeNeeds,
): Promise<FleetFinding[]> {
  const findings = await examined(place.key, () => outside.examineCompute(place)(needs))
  return findings.map(finding => ({place: place.key, ...finding}))
}

async function examineZone(
  outside: DoctorOutside,
  fleet: Fleet,
  {key, vendor, needs, registrations}: ZoneToExamine,
  lookedUp: LookedUp,
): Promise<FleetFinding[]> {
  const ofOperator = examined(key, () => outside.examineDns(vendor)(needs))
  const ofInstances = registrations.map(async ({credentials, names}) => {
    const zone = await lookedUp.get(key)
    if (!zone) return []
    const forInstances = {zoneId: zone.id}
    const findings = await examined(key, () =>
      outside.examineDns(vendor, credentials)({zone: needs.zone, names, forInstances}),
    )
    return findings.map(finding => ({...finding, credentials: 'instances' as const}))
  })
  const delegation = delegationOf(outside, fleet, {key, vendor, needs}, lookedUp)
  const all = await Promise.all([ofOperator, ...ofInstances, delegation])
  return all.flat().map(finding => ({zone: key, ...finding}))
}

async function delegationOf(
  outside: DoctorOutside,
  {names}: Fleet,
  {key, vendor, needs: {zone: name, names: wishes}}: Pick<ZoneToExamine, 'key' | 'vendor' | 'needs'>,
  lookedUp: LookedUp,
): Promise<Finding[]> {
  const serversOf = async (of: ZoneKey) => (await lookedUp.get(of))?.nameServers ?? []
  const others = [...new Set(names.flatMap(other => (other.zone === name ? [other.vendor] : [])))].filter(
    other => other !== vendor,
  )
  const parts = partsBetween(
    name,
    wishes.map(wish => wish.name),
  )
  const [answers, own, ofOthers, ...ofParts] = await Promise.all([
    outside.askDelegation(vendor, name),
    serversOf(key),
    Promise.all(others.map(other => serversOf(zoneKey(other, name)))),
    ...parts.map(async part => judgePart(part, name, await outside.askDelegation(vendor, part))),
  ])
  // Without the zone, or without the vendor's word on its servers, there is nothing to hold the answers against.
  return [
    ...(own.length === 0 ? [] : judgeDelegation(name, answers, own, ofOthers.flat())),
    ...ofParts.flat(),
  ]
}

/** What is made for a vendor may fail for want of credentials before anything is asked. */
async function examined(subject: string, examine: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await examine()
  } catch (error) {
    return [troubled('identity', subject, error)]
  }
}
