import type {LoweredTtl} from '../../journal/recorded.ts'
import type {Fleet} from '../model.ts'
import {nameKey} from '../observed.ts'

/** By name key, in seconds. */
export type LoweredTtls = ReadonlyMap<string, Pick<LoweredTtl, 'ttlSeconds'>>

/** The fleet as it is to stand in DNS: with the TTLs that somebody lowered for a while (`mcd ttl lower`). */
export function withLoweredTtls(fleet: Fleet, lowered: LoweredTtls): Fleet {
  const names = fleet.names.map(name => {
    const ttlSeconds = lowered.get(nameKey(name.vendor, name.name))?.ttlSeconds ?? name.ttlSeconds
    return ttlSeconds < name.ttlSeconds ? {...name, ttlSeconds} : name
  })
  return {...fleet, names}
}
