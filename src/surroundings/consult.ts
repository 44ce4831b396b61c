import {checkGroups} from '../check/check-groups.ts'
import type {NameServer} from '../dns/query.ts'
import type {DoctorOutside} from '../doctor/outside.ts'
import type {Fleet} from '../fleet/model.ts'
import {type ZoneKey, zoneKey} from '../journal/events.ts'
import type {Zone} from '../providers/dns.ts'
import {
  apiAddresses,
  computeExaminer,
  computeProvider,
  dnsExaminer,
  dnsProvider,
  type Surroundings,
} from '../providers/registry.ts'
import {fleetUserdata, placeholderZone} from './fleet-userdata.ts'
import {askEach} from './name-servers.ts'
import {readServerClocks} from './server-clocks.ts'
import {sshHere} from './ssh-here.ts'

/** Whom an examination of this fleet asks, in the real world or in the sandbox. Nobody is asked yet. */
export function consult(
  fleet: Fleet,
  around: Surroundings,
  {
    resolvers,
    openState,
    standing,
  }: {readonly resolvers: readonly NameServer[]} & Pick<DoctorOutside, 'openState' | 'standing'>,
): DoctorOutside {
  const {runtime, sandbox} = around
  return {
    runtime,
    examineCompute: place => computeExaminer(place, around),
    examineDns: (vendor, credentials) => dnsExaminer(vendor, around, credentials),
    compute: place => computeProvider(place, around),
    dns: vendor => dnsProvider(vendor, around),
    readClocks: () => readServerClocks(fleet, around),
    askDelegation(vendor, zone) {
      // Nobody is led to a zone of the sandbox but by its own server.
      const asked = resolvers.length === 0 && sandbox ? [sandbox.nameServers[vendor]] : resolvers
      return askEach(asked, zone, 'NS', {runtime, recursive: true})
    },
    checkUserdata(zones) {
      const userdata = fleetUserdata(fleet, apiAddresses(around))
      const all = withPlaceholders(fleet, zones)
      return checkGroups(
        fleet.groups.map(group => ({
          fleet,
          group,
          template: userdata.template,
          render: () => userdata.render(group, all, computeProvider(group.place, around).capabilities),
        })),
      )
    },
    openState,
    standing,
    ssh: sshHere(),
  }
}

const withPlaceholders = ({names}: Fleet, zones: ReadonlyMap<ZoneKey, Zone>): ReadonlyMap<ZoneKey, Zone> =>
  new Map([
    ...names.map(({vendor, zone}) => [zoneKey(vendor, zone), placeholderZone(zone)] as const),
    ...zones,
  ])
