import {openContext} from './context.ts'
import {McdError, UsageError} from './errors.ts'
import type {Fleet} from './fleet/model.ts'
import type {Outside} from './fleet/outside.ts'
import {type ZoneKey, zoneKey} from './journal/events.ts'
import {nearest} from './nearest.ts'
import type {Zone} from './providers/dns.ts'

export type RenderedGroup = {
  group: string
  provider: string
  userdata: string
  rawBytes: number
  sentBytes: number
  limitBytes: number
  compressed: boolean
  /** Zones that could not be asked for their id, which stands as ZONE_ID in the text. */
  unknownZones: string[]
}

const PLACEHOLDER = 'ZONE_ID'

/** What each group's instances would get. Reads zones for their ids alone, and goes on without them. */
export async function renderFleet(
  options: {file: string; sandbox: boolean; signal: AbortSignal},
  only?: string,
): Promise<RenderedGroup[]> {
  const context = await openContext({...options, journal: 'read'})
  try {
    const {fleet, outside, userdata} = context
    const wanted = fleet.groups.filter(({name}) => only === undefined || name === only)
    if (only !== undefined && wanted.length === 0) throw unknownGroup(only, fleet)
    context.requireInstanceCredentials()
    const {zones, unknown} = await readZones(fleet, outside)
    return wanted.map(group => {
      const {masked, rawBytes, sentBytes, limitBytes, compressed} = userdata.render(
        group,
        zones,
        outside.compute(group.place).capabilities,
      )
      return {
        group: group.name,
        provider: group.place.provider,
        userdata: masked,
        rawBytes,
        sentBytes,
        limitBytes,
        compressed,
        unknownZones: unknown,
      }
    })
  } finally {
    await context.close()
  }
}

/** The document, and beside it what it weighs. */
export function renderText({
  group,
  provider,
  userdata,
  rawBytes,
  sentBytes,
  limitBytes,
  compressed,
  unknownZones,
}: RenderedGroup): {note: string; text: string} {
  const size = compressed ? `${sentBytes} bytes compressed (${rawBytes} before)` : `${rawBytes} bytes`
  const missing =
    unknownZones.length > 0
      ? ` The id of ${unknownZones.join(', ')} could not be read: it stands as ${PLACEHOLDER}.`
      : ''
  return {
    note: `# group ${group} on ${provider}: ${size}, limit ${limitBytes}; secrets masked.${missing}`,
    text: userdata,
  }
}

async function readZones(
  fleet: Fleet,
  outside: Outside,
): Promise<{zones: Map<ZoneKey, Zone>; unknown: string[]}> {
  const zones = new Map<ZoneKey, Zone>()
  const unknown: string[] = []
  const self = fleet.names.filter(({registration}) => registration === 'self')
  for (const {vendor, zone} of self) {
    const key = zoneKey(vendor, zone)
    if (zones.has(key)) continue
    try {
      zones.set(key, await outside.dns(vendor).findZone(zone))
    } catch (error) {
      if (!(error instanceof McdError)) throw error
      zones.set(key, {id: PLACEHOLDER, name: zone, account: '', nameServers: []})
      unknown.push(`${zone} (${vendor})`)
    }
  }
  return {zones, unknown}
}

function unknownGroup(name: string, {groups}: Fleet): UsageError {
  const near = nearest(
    name,
    groups.map(group => group.name),
  )
  return new UsageError(
    `The fleet file has no group "${name}"${near === undefined ? '.' : `; did you mean "${near}"?`}`,
    {suggestions: [`Its groups: ${groups.map(group => group.name).join(', ')}.`]},
  )
}
