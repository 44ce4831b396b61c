import type {Finding, ZoneNeeds} from '../../examine.ts'
import type {Route53Api} from '../api.ts'
import {bareId} from '../convert.ts'
import {toVendorName} from '../names.ts'
import {zonesNamed} from '../zones.ts'
import {allowed, notAllowed} from './reads.ts'

type Examined = {readonly findings: readonly Finding[]; readonly zoneId?: string}

/** Whether there is one public zone of this name, and its id. */
export async function examineZone(api: Route53Api, needs: ZoneNeeds): Promise<Examined> {
  const {zone} = needs
  const search = 'ListHostedZonesByName'
  try {
    const all = await zonesNamed(api, toVendorName(zone))
    const found = all.filter(({Config}) => !Config?.PrivateZone)
    const [first] = found
    const searched = allowed(search, needs)
    if (!first) return {findings: [searched, none(zone, all.length)]}
    const ids = found.map(({Id}) => bareId(Id))
    if (ids.length > 1) return {findings: [searched, several(zone, ids)]}
    const zoneId = bareId(first.Id)
    const detail = `Route53 has it as public zone ${zoneId}.`
    return {findings: [searched, {check: 'zone', subject: zone, outcome: 'ok', detail}], zoneId}
  } catch (error) {
    return {findings: [notAllowed(search, needs, error)]}
  }
}

const none = (zone: string, privateOnes: number): Finding => ({
  check: 'zone',
  subject: zone,
  outcome: 'failed',
  detail:
    privateOnes > 0
      ? `Route53 has ${zone} as a private zone alone in this account: resolvers on the Internet never ask it.`
      : `This account has no zone ${zone} in Route53.`,
  remedy:
    privateOnes > 0
      ? `Create a public zone ${zone} in Route53 and have the registrar delegate to it, or name another "zone".`
      : 'Check the spelling of "zone" in the fleet file, or use credentials of the account that holds the zone.',
})

const several = (zone: string, ids: readonly string[]): Finding => ({
  check: 'zone',
  subject: zone,
  outcome: 'failed',
  detail: `Route53 has ${ids.length} public zones named ${zone} (${ids.join(', ')}): mcd cannot know which one answers.`,
  remedy: 'Delete the ones that the registrar does not delegate to, or use credentials that see one only.',
})
