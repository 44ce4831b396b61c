import {dirname} from 'node:path'
import {UnreachableError} from '../errors.ts'
import type {DnsName, Fleet, Group, Service} from '../fleet/model.ts'
import type {Userdata} from '../fleet/outside.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import type {ComputeCapabilities} from '../providers/compute.ts'
import type {DnsVendor, Zone} from '../providers/dns.ts'
import {loadRegistration} from '../userdata/registration/files.ts'
import {registrationEndpoint, registrationNames} from '../userdata/registration/names.ts'
import {type RenderedUserdata, renderUserdata, userdataSpec} from '../userdata/render.ts'
import {loadTemplate, type Template} from '../userdata/template.ts'
import {type FrozenValue, freezeValues, thawValues} from './frozen-values.ts'

/** Stands in the text for the id of a zone that could not be read. */
export const PLACEHOLDER = 'ZONE_ID'
export const placeholderZone = (name: string): Zone => ({
  id: PLACEHOLDER,
  name,
  account: '',
  nameServers: [],
})

/** A fleet's userdata with its template read once: the engine renders with it, and `mcd render` shows it. */
export type FleetUserdata = Omit<Userdata, 'render'> & {
  readonly template: Template
  render(group: Group, zones: ReadonlyMap<ZoneKey, Zone>, capabilities: ComputeCapabilities): RenderedUserdata
}

/** What the journal keeps of a launch spec beside the order itself (decision 8). */
type Frozen = {
  readonly template: Template
  readonly vars: Readonly<Record<string, FrozenValue>>
  readonly service: Service
  readonly metadata: Readonly<Record<string, FrozenValue>>
}

/** `baseUrls` replace the vendors' own API addresses in what instances are told. Throws McdError for a template that is not there. */
export function fleetUserdata(
  fleet: Fleet,
  baseUrls: Partial<Record<DnsVendor, string>> = {},
  template: Template = loadTemplate(fleet.userdata.template, dirname(fleet.file)),
): FleetUserdata {
  const registration = loadRegistration()
  return {
    template,
    spec: group => userdataSpec(template, fleet, group),
    freeze: ({wish}): Frozen => ({
      template,
      vars: freezeValues(fleet.userdata.vars),
      service: fleet.service,
      metadata: freezeValues(wish.metadata),
    }),
    thaw(kept) {
      const frozen = kept as Frozen
      const unset = new Set<string>()
      const userdata = {
        template: frozen.template.name,
        vars: thawValues(frozen.vars, process.env, unset),
      }
      const earlier = {...fleet, userdata, service: frozen.service}
      // Metadata is text; numbers and truth values are of vars alone.
      const metadata = thawValues(frozen.metadata, process.env, unset) as Group['wish']['metadata']
      return {
        userdata: fleetUserdata(earlier, baseUrls, frozen.template),
        metadata,
        service: frozen.service,
        unset: [...unset],
      }
    },
    render(group, zones, capabilities) {
      const endpointOf = ({vendor, zone, name}: DnsName): string => {
        const found = zones.get(zoneKey(vendor, zone))
        // The instance could not register: better none now than one that never serves.
        if (!found)
          throw new UnreachableError(
            `The zone of ${name} could not be read at ${vendor}, and its instances need it to register.`,
          )
        return registrationEndpoint(vendor, found.id, baseUrls[vendor])
      }
      const names = registrationNames(fleet, group, endpointOf)
      return renderUserdata({template, registration, fleet, group, names, capabilities})
    },
  }
}
