import type {Runtime} from '../../runtime.ts'
import type {Limits} from '../call.ts'
import type {DnsProvider, Member} from '../dns.ts'
import {route53Api} from './api.ts'
import {toBatches} from './batches.ts'
import {settleBatch} from './change.ts'
import {type ClientOptions, type Route53Client, route53Client} from './client.ts'
import {isShared, withEntries} from './companion.ts'
import {toMembers} from './convert.ts'
import {toEdits} from './edits.ts'
import {listRecordSets} from './listing.ts'
import {refusals} from './refusals.ts'
import {firstSeen, isUsuallyServed, receiptServed, toReceipt} from './served.ts'
import {settleShared} from './settle-shared.ts'
import {byName} from './shared-edits.ts'
import {findZone} from './zones.ts'

export type Surroundings = {
  readonly runtime: Runtime
  /** The fleet file's own limits, instead of our defaults. */
  readonly limits?: Limits | undefined
}

export type Route53Options = Surroundings & Omit<ClientOptions, 'concurrency'>

/**
 * Route53: one multivalue or weighted record set per member, its mark in the set identifier; SRV and PTR values, and those
 * with simple routing, in one simple set for each name and type, their marks in a companion.
 */
export function route53Dns({runtime, limits, ...options}: Route53Options): DnsProvider {
  return dnsOver(route53Client({...options, concurrency: limits?.concurrency}), {runtime, limits})
}

/** The same over any client of Route53's API. */
export function dnsOver(client: Route53Client, {runtime, limits}: Surroundings): DnsProvider {
  const api = route53Api(client, runtime, limits)
  const firstSeenMs = firstSeen(runtime)
  return {
    vendor: 'route53',
    findZone: name => findZone(api, name),

    async listMembers(zone, names) {
      const sets = await listRecordSets(api, zone.id, names)
      return withEntries(sets.flatMap(toMembers), sets)
    },

    async change(zone, change) {
      const {shared, own} = byName(change)
      const ids: (string | undefined)[] = []
      const settleOwn = async () => {
        for (const batch of toBatches(toEdits(own))) ids.push(await settleBatch(api, zone.id, batch))
      }
      // Nobody is told of a host that has no address yet, or none any more.
      const leavesOnly = !change.create.some(isShared)
      if (!leavesOnly) await settleOwn()
      for (const each of shared) ids.push(await settleShared(api, runtime, zone.id, each))
      if (leavesOnly) await settleOwn()
      return toReceipt(ids.length > 0 ? ids : [undefined], runtime.now())
    },

    /**
     * Asks for the receipt's changes. Without one the removal counts as served when the zone no longer lists the members and a
     * minute has passed: since it was accepted, or, where that is unknown, since this run first saw them gone.
     */
    async removalServed(zone, removed, receipt, removedAtMs) {
      if (receipt) return receiptServed(api, runtime, receipt, removedAtMs ?? firstSeenMs(removed))
      const names = removed.map(({name}) => name)
      const listed = (await listRecordSets(api, zone.id, names)).flatMap(toMembers)
      if (listed.some(member => removed.some(gone => isSameValue(member, gone)))) return false
      return isUsuallyServed(runtime, removedAtMs ?? firstSeenMs(removed))
    },

    refusals,
  }
}

const isSameValue = (a: Member, b: Member): boolean =>
  a.name === b.name && a.type === b.type && a.value === b.value
