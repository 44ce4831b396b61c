import {ADDRESS_BYTES, answerBytes, srvBytes, UDP_BYTES} from '../../../dns/answer-size.ts'
import {discoveryNames, hostName} from '../../discovery.ts'
import type {DnsName} from '../../model.ts'
import {nameKey} from '../../observed.ts'
import type {Note} from '../action.ts'
import type {FleetView} from '../fleet-view.ts'
import {addressesOf} from './address-records.ts'
import {mostInOneAnswer} from './one-answer.ts'

/** What clients will notice of answers that the declared fleet makes long: a random part of them, or a second question over TCP. */
export function answerNotes(view: FleetView): Note[] {
  const {names} = view.desired.fleet
  return names
    .flatMap(name => [...addressTexts(view, name), ...serviceTexts(view, name)])
    .map(text => ({kind: 'warning', text, blocks: false}))
}

function addressTexts(view: FleetView, name: DnsName): string[] {
  // A proxied name answers with the vendor's addresses.
  if (name.proxied) return []
  const most = mostInOneAnswer(name)
  return (['A', 'AAAA'] as const).flatMap(type => {
    const count = expected(view, name, type)
    if (name.routing === 'multivalue' && count > most)
      return [
        `${name.name} is to have ${count} ${type} records, and Route53 answers with ${most} of them at random. "routing: simple" in dns answers with all.`,
      ]
    const text = sizeText(name.name, Math.min(count, most), type, ADDRESS_BYTES[type])
    return text === undefined ? [] : [text]
  })
}

function serviceTexts(view: FleetView, name: DnsName): string[] {
  if (!name.discovery) return []
  const set = discoveryNames(name.zone, name.discovery).instance
  const id = [...view.living.keys()].reduce(
    (longest, each) => (each.length > longest.length ? each : longest),
    '',
  )
  const host = hostName(id === '' ? 'i-00000000000000000' : id, name.name)
  const foreign = strangers(view, name, 'SRV').length
  const text = sizeText(set, declared(view) + foreign, 'SRV', srvBytes(host))
  return text === undefined ? [] : [text]
}

function sizeText(name: string, records: number, type: string, dataBytes: number): string | undefined {
  const bytes = answerBytes(name, records, dataBytes)
  if (bytes <= UDP_BYTES.plain) return undefined
  const who =
    bytes > UDP_BYTES.usual
      ? `more than the ${UDP_BYTES.usual} that most resolvers take over UDP: they ask again over TCP`
      : `more than the ${UDP_BYTES.plain} that old resolvers take over UDP: these ask again over TCP`
  return `An answer of ${name} with ${records} ${type} records takes ${bytes} bytes, ${who}.`
}

const declared = ({desired}: FleetView): number =>
  desired.groups.reduce((sum, {group}) => sum + group.count, 0)

/** How many records of this type the declared fleet makes, strangers' among them. Of IPv6, as far as it lives. */
function expected(view: FleetView, name: DnsName, type: 'A' | 'AAAA'): number {
  const foreign = strangers(view, name, type).length
  if (type === 'A') return declared(view) + foreign
  const dual = [...view.living.values()].filter(instance =>
    addressesOf(instance, name).some(value => value.includes(':')),
  )
  return dual.length + foreign
}

function strangers({observed, desired: {fleet}}: FleetView, name: DnsName, type: string) {
  const seen = observed.names.get(nameKey(name.vendor, name.name))
  const members = seen?.readable ? [...seen.members, ...(seen.discovery ?? [])] : []
  return members.filter(member => member.type === type && member.mark?.fleet !== fleet.name)
}
