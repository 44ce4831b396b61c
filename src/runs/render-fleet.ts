import {checkGroups, type FleetCheck, type GroupToCheck} from '../check/check-groups.ts'
import {McdError, UsageError} from '../errors.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import type {Fleet} from '../fleet/model.ts'
import type {Outside} from '../fleet/outside.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import {nearest} from '../nearest.ts'
import type {Zone} from '../providers/dns.ts'
import {openContext} from '../surroundings/context.ts'
import {PLACEHOLDER, placeholderZone} from '../surroundings/fleet-userdata.ts'
import {sizeText, type UserdataSize} from '../userdata/size.ts'

export type RenderedGroup = UserdataSize & {
  group: string
  provider: string
  userdata: string
  /** Zones that could not be asked for their id, which stands as ZONE_ID in the text. */
  unknownZones: string[]
}

export type RenderOptions = FleetSource & {readonly sandbox: boolean; readonly signal: AbortSignal}

/** What each group's instances would get. Reads zones for their ids alone, and goes on without them. */
export async function renderFleet(options: RenderOptions, only?: string): Promise<RenderedGroup[]> {
  return (await readGroups(options, only)).map(({group, render, unknownZones}) => {
    const {masked, rawBytes, sentBytes, limitBytes, compressed} = render()
    return {
      group: group.name,
      provider: group.place.provider,
      userdata: masked,
      rawBytes,
      sentBytes,
      limitBytes,
      compressed,
      unknownZones,
    }
  })
}

/** Looks for mistakes in what they would get. */
export const checkRendered = async (options: RenderOptions, only?: string): Promise<FleetCheck> =>
  checkGroups(await readGroups(options, only))

/** With the zones that could not be asked for their id. */
type GroupToRender = GroupToCheck & {readonly unknownZones: string[]}

/** What every group's userdata is made of, or that of `only`. */
async function readGroups(options: RenderOptions, only: string | undefined): Promise<GroupToRender[]> {
  const context = await openContext({...options, journal: 'read', demands: ['instance-credentials']})
  try {
    const {fleet, outside, userdata} = context
    const wanted = fleet.groups.filter(({name}) => only === undefined || name === only)
    if (only !== undefined && wanted.length === 0) throw unknownGroup(only, fleet)
    const {zones, unknown: unknownZones} = await readZones(fleet, outside)
    return wanted.map(group => {
      const render = () => userdata.render(group, zones, outside.compute(group.place).capabilities)
      return {fleet, group, template: userdata.template, render, unknownZones}
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
  const missing =
    unknownZones.length > 0
      ? ` The id of ${unknownZones.join(', ')} could not be read: it stands as ${PLACEHOLDER}.`
      : ''
  return {
    note: `# group ${group} on ${provider}: ${sizeText({rawBytes, sentBytes, limitBytes, compressed})}; secrets masked.${missing}`,
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
      zones.set(key, placeholderZone(zone))
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
