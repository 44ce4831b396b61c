import type {Path} from '../mistake.ts'
import {placeKey} from '../place.ts'

/**
 * What joins several keys, one named function per rule. Rules read the file as it is, mistakes of the schema and all,
 * so that one run shows everything; a value of the wrong kind is no business of theirs.
 */
export type Rule = (data: unknown, report: Report) => void

/** `at` points to the value, 'key' to its key. What already has a mistake at the same path is left alone. */
export type Report = (path: Path, message: string, hint?: string, at?: 'value' | 'key') => void

type Mapping = Readonly<Record<string, unknown>>

export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const asMapping = (value: unknown): Mapping =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Mapping) : {}

export type GroupWords = {
  readonly name: string
  readonly path: Path
  readonly group: Mapping
  readonly provider: 'aws' | 'joyent' | undefined
}

/** The groups by name, in file order, with their paths. */
export function groupsOf(data: unknown): GroupWords[] {
  return Object.entries(asMapping(asMapping(data).groups)).map(([name, value]) => {
    const group = asMapping(value)
    const provider = group.provider === 'triton' ? 'joyent' : group.provider
    return {
      name,
      path: ['groups', name],
      group,
      provider: provider === 'aws' || provider === 'joyent' ? provider : undefined,
    }
  })
}

/** The key of the place a group is in; undefined while the file does not say enough. */
export function placeOf({group, provider}: GroupWords): string | undefined {
  const region = asText(group.region)
  const endpoint = asText(group.endpoint)
  if (!provider || (provider === 'aws' && !region && !endpoint)) return undefined
  return placeKey({provider, region, endpoint, profile: asText(group.profile)})
}

/** The dns blocks, in file order, with their paths. */
export function namesOf(data: unknown): {path: Path; block: Mapping}[] {
  const dns = asMapping(data).dns
  if (Array.isArray(dns)) return dns.map((block, index) => ({path: ['dns', index], block: asMapping(block)}))
  return dns === undefined ? [] : [{path: ['dns'], block: asMapping(dns)}]
}
