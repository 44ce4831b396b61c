import {invalidName} from './refusals.ts'

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/** Whether this is a host name a record may point to: lower case, no final dot, underscores allowed as CloudFlare does. */
export function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every(label => LABEL.test(label))
}

/** Lower case without the final dot: how CloudFlare shows every name. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/**
 * The full name of a record. `@` is the apex, and whatever does not end in the zone gets the zone appended, so that
 * `web.example.com.other.net` becomes a name under the zone without complaint, as on the real service.
 */
export function fullName(input: unknown, zone: string): string {
  if (typeof input !== 'string' || input === '') throw invalidName()
  const given = canonical(input)
  if (given === '@' || given === zone) return zone
  const name = given.endsWith(`.${zone}`) ? given : `${given}.${zone}`
  const [first, ...rest] = name.split('.')
  const checked = first === '*' ? rest.join('.') : name
  if (name.length > 253 || !isHostName(checked)) throw invalidName()
  return name
}
