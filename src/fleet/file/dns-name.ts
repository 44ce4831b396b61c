import {normaliseDomain} from './values.ts'

/** With `_mcd.` before it, where the holds live, a name must still fit into 253 characters. */
const MAX_LENGTH = 248

/** The full name that `name` means inside `zone` (normalised), or why it means none. */
export function fullName(name: string, zone: string): {name: string} | {message: string; hint?: string} {
  if (name === '@') return {name: zone}
  if (name.includes('*')) return {message: 'name must not hold "*"', hint: 'an instance registers one name'}
  const normal = normaliseDomain(name)
  if (normal === undefined)
    return {message: `name must be a DNS name such as "www", not ${JSON.stringify(name.slice(0, 60))}`}
  if (normal === zone || normal.endsWith(`.${zone}`)) return fitting(normal)
  const last = (domain: string) => domain.slice(domain.lastIndexOf('.') + 1)
  // `www.exmaple.com` in the zone example.com: vendors would happily make www.exmaple.com.example.com of it.
  const looksFull =
    name.endsWith('.') || (normal.includes('.') && [last(zone), 'com', 'net', 'org'].includes(last(normal)))
  if (looksFull)
    return {
      message: `${normal} is not inside the zone ${zone}`,
      hint: `write the part before the zone, such as "${normal.split('.')[0]}"`,
    }
  return fitting(`${normal}.${zone}`)
}

const fitting = (name: string) =>
  name.length <= MAX_LENGTH
    ? {name}
    : {message: `name is too long: ${name.length} characters with its zone, ${MAX_LENGTH} at most`}
