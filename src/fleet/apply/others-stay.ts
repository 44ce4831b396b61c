import type {DnsChange, DnsVendor, Member} from '../../providers/dns.ts'
import {nameKey, type Observed} from '../observed.ts'

/**
 * Whether every name of which this change takes addresses keeps some, as far as was seen when it was decided on: others' or our
 * own. False where a name is emptied on purpose, and where no name loses any.
 */
export function othersStay({names}: Observed, vendor: DnsVendor, {remove}: DnsChange): boolean {
  const losing = new Set(remove.filter(isAddress).map(({name}) => name))
  const seen = [...losing].flatMap(name => names.get(nameKey(vendor, name)) ?? [])
  const isRemoved = (member: Member) => remove.some(gone => isSame(gone, member))
  return (
    seen.length > 0 &&
    seen.every(name => name.readable && name.members.some(each => isAddress(each) && !isRemoved(each)))
  )
}

const isAddress = ({type}: Member): boolean => type === 'A' || type === 'AAAA'

const isSame = (a: Member, b: Member): boolean =>
  a.name === b.name && a.type === b.type && a.value === b.value && a.mark?.instance === b.mark?.instance
