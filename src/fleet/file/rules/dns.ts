import {instanceProblem} from '../../../dns/sd/names.ts'
import {attributeProblems, writeAttributes} from '../../../dns/sd/txt.ts'
import {parseDuration} from '../../../duration.ts'
import {fullName} from '../dns-name.ts'
import type {Path} from '../mistake.ts'
import {normaliseDomain} from '../values.ts'
import {writeVariable} from '../variables.ts'
import {asMapping, asText, groupsOf, namesOf, type Rule} from './rule.ts'

export const nameInsideZone: Rule = (data, report) => {
  for (const {path, block} of namesOf(data)) {
    const zone = normaliseDomain(asText(block.zone) ?? '')
    const name = asText(block.name)
    if (!zone?.includes('.') || name === undefined) continue
    const full = fullName(name, zone)
    if ('message' in full) report([...path, 'name'], full.message, full.hint)
  }
}

export const namesOnce: Rule = (data, report) => {
  const seen = new Set<string>()
  for (const {path, block} of namesOf(data)) {
    const zone = normaliseDomain(asText(block.zone) ?? '')
    const name = asText(block.name)
    const vendor = asText(block.provider)
    if (!zone || name === undefined || vendor === undefined) continue
    const full = fullName(name, zone)
    if ('message' in full) continue
    const key = `${vendor}/${full.name}`
    if (seen.has(key))
      report(
        [...path, 'name'],
        `${full.name} on ${vendor} stands here a second time`,
        'keep one of the two blocks',
      )
    seen.add(key)
  }
}

/** CloudFlare: 30 s to a day, of which its zone's plan may allow 60 s at the least. Route53 takes 31 bits of seconds. */
const TTL_SECONDS = {cloudflare: {min: 30, max: 86_400}, route53: {min: 0, max: 2_147_483_647}}

export const ttlInRange: Rule = (data, report) => {
  for (const {path, block} of namesOf(data)) {
    const vendor = block.provider
    const ms = parseDuration(asText(block.ttl) ?? '')
    if (ms === undefined) continue
    const at = [...path, 'ttl']
    if (ms % 1_000 !== 0) report(at, `ttl must be whole seconds, not "${block.ttl}"`)
    else if (vendor === 'cloudflare' || vendor === 'route53') {
      const {min, max} = TTL_SECONDS[vendor]
      const seconds = ms / 1_000
      const limit = seconds < min ? `at least ${min}s` : `at most ${max}s`
      if (seconds < min || seconds > max) report(at, `ttl must be ${limit} on ${vendor}, not "${block.ttl}"`)
    }
  }
}

/** Route53's own limit: SRV values take more. Source: Route 53 API Reference, "ResourceRecordSet". */
const MAX_ROUTE53_WEIGHT = 255

export const weightsFitRouting: Rule = (data, report) => {
  const weighted = namesOf(data).find(({block}) => block.routing === 'weighted')
  if (!weighted) return
  for (const {path, group} of groupsOf(data))
    if (typeof group.weight === 'number' && group.weight > MAX_ROUTE53_WEIGHT)
      report(
        [...path, 'weight'],
        `weight must be at most ${MAX_ROUTE53_WEIGHT} with "routing: weighted", not ${group.weight}`,
        'Route53 takes no more; shares count, not sizes: 510 beside 170 is 3 beside 1',
      )
}

export const proxiedIsPublic: Rule = (data, report) => {
  for (const {path, block} of namesOf(data))
    if (block.proxied === true && block.address === 'private')
      report(
        [...path, 'proxied'],
        '"proxied" needs public addresses',
        'CloudFlare cannot reach private ones: set one of "proxied" and "address"',
        'key',
      )
}

/** What goes into DNS-SD records must fit them: one label, and strings of at most 255 bytes (RFC 6763). */
export const discoveryFits: Rule = (data, report) => {
  for (const {path, block} of namesOf(data)) {
    const {instance, txt} = asMapping(block.discovery)
    const name = asText(instance)
    const why = name === undefined ? undefined : instanceProblem(name)
    if (why !== undefined) report([...path, 'discovery', 'instance'], `instance ${why}`)
    const texts = Object.entries(asMapping(txt)).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value] as const] : [],
    )
    for (const problem of attributeProblems(writeAttributes(texts)))
      report([...path, 'discovery', 'txt'], `txt ${problem}`, undefined, 'key')
  }
}

/** A key in a file is a key in a repository, in a backup and in a chat. */
export const credentialsFromEnvironment =
  (variablesOf: (path: Path) => readonly string[]): Rule =>
  (data, report) => {
    for (const {path, block} of namesOf(data))
      for (const key of ['token', 'accessKeyId', 'secretAccessKey']) {
        const at = [...path, 'instanceCredentials', key]
        const value = asMapping(block.instanceCredentials)[key]
        const isWritten = value !== undefined && value !== null && value !== '' && typeof value !== 'object'
        if (isWritten && variablesOf(at).length === 0)
          report(
            at,
            `${key} must not stand in the file itself`,
            `put it into an environment variable and write "${writeVariable('NAME')}"`,
          )
      }
  }
