import type {ResourceRecordSet} from '@aws-sdk/client-route-53'
import type {Route53Api} from './api.ts'
import {compareVendorNames, toVendorName} from './names.ts'

/** The most that one page holds. Source: Route 53 API Reference, "ListResourceRecordSets". */
const PAGE = 300

type Start = {
  StartRecordName: string
  StartRecordType?: ResourceRecordSet['Type']
  StartRecordIdentifier?: string
}

/**
 * Every record set under exactly these names. Names that lie near each other in the zone come with one call: a page begins at
 * the first name that was not covered yet, and is followed only while it still holds that name.
 */
export async function listRecordSets(
  api: Route53Api,
  zoneId: string,
  names: readonly string[],
): Promise<ResourceRecordSet[]> {
  const left = [...new Set(names.map(toVendorName))].sort(compareVendorNames)
  const wanted = new Set(left)
  const found: ResourceRecordSet[] = []
  let next: Start | undefined
  while (left[0] !== undefined) {
    const start: Start = next ?? {StartRecordName: left[0]}
    const page = await api.listResourceRecordSets({HostedZoneId: zoneId, MaxItems: PAGE, ...start})
    const sets = page.ResourceRecordSets ?? []
    found.push(...sets.filter(({Name = ''}) => wanted.has(Name)))
    const {NextRecordName: to, NextRecordType: type, NextRecordIdentifier: identifier} = page
    if (!page.IsTruncated || to === undefined) return found
    while (left[0] !== undefined && compareVendorNames(left[0], to) < 0) left.shift()
    next =
      left[0] === to
        ? {
            StartRecordName: to,
            ...(type && {StartRecordType: type}),
            ...(identifier && {StartRecordIdentifier: identifier}),
          }
        : undefined
  }
  return found
}
