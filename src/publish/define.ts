import {canonical} from '../dns/presentation.ts'
import {RefusedError} from '../errors.ts'
import {definitionOf} from '../fleet/discovery.ts'
import type {DnsChange, Member} from '../providers/dns.ts'
import {isOwned, isThere, namesOf, ownerHint, recordText, type Service, stale, whose} from './service.ts'

export type Definition = Service & {
  /** The strings of the TXT record: `key=value`. */
  readonly txt: readonly string[]
}

/**
 * What is missing of a definition: the PTR that browsers follow, the TXT, the PTR that lists the service. What stands there
 * counts, whoever made it; a TXT record of ours with other attributes is replaced. Throws RefusedError for somebody else's.
 */
export function planDefine(standing: readonly Member[], definition: Definition): DnsChange {
  const {owner, zone, service, instance, txt, ttlSeconds} = definition
  const wanted = definitionOf({name: owner}, {zone, ttlSeconds, discovery: {service, instance, txt}})
  const missing = wanted.filter(each => !isThere(each, standing))
  const here = standing.filter(({type, name}) => type === 'TXT' && name === namesOf(definition).instance)
  const lacksText = missing.some(({type}) => type === 'TXT')
  const others = here.filter(member => !isOwned(member, owner))
  if (lacksText && others.length > 0)
    throw new RefusedError(
      others.map(member => `${member.name} has another TXT record already, which ${whose(member.mark)}.`),
      {
        suggestions: [
          'Leave out --txt to use the service as it is, or choose another instance name.',
          ...ownerHint(others),
        ],
      },
    )
  return {create: missing, remove: stale(missing, standing, owner)}
}

/** The attributes that stand there, for whoever wants the service as it is. */
export const standingText = (standing: readonly Member[], service: Service): string[] | undefined =>
  standing.find(({type, name}) => type === 'TXT' && name === namesOf(service).instance)?.value.split('\n')

/** What of the definition others made: it goes when they take it away. */
export const definedByOthers = (standing: readonly Member[], service: Service): Member[] =>
  partsOf(standing, service).filter(member => !isOwned(member, service.owner))

/**
 * What is still to be removed of a definition: its TXT and the PTR that leads to it, then the PTR that lists the service,
 * once it leads to no instance any more. A listing that other instances still need is handed over to the owner of one of
 * them.
 */
export function planUndefine(standing: readonly Member[], service: Service): DnsChange {
  const {owner} = service
  const names = namesOf(service)
  const own = partsOf(standing, service).filter(member => isOwned(member, owner))
  const definition = own.filter(({name}) => name !== names.browse)
  if (definition.length > 0) return {create: [], remove: definition}
  const [listing] = own
  if (!listing) return {create: [], remove: []}
  const left = standing.filter(({type, name}) => type === 'PTR' && name === names.service)
  if (left.length === 0) return {create: [], remove: [listing]}
  const heir = left.find(member => member.mark && !isOwned(member, owner))?.mark
  return heir && !left.some(member => isOwned(member, owner))
    ? {create: [{...listing, mark: heir}], remove: [listing]}
    : {create: [], remove: []}
}

/** Throws RefusedError when the definition is all others', or targets would be left that nobody finds. */
export function checkUndefine(
  standing: readonly Member[],
  service: Service,
  {allowLost}: {allowLost: boolean},
): void {
  const {instance, browse} = namesOf(service)
  const definition = partsOf(standing, service).filter(({name}) => name !== browse)
  if (definition.length === 0) return
  if (!definition.some(member => isOwned(member, service.owner)))
    throw new RefusedError(
      definition.map(member => `${recordText(member)} ${whose(member.mark)}.`),
      {suggestions: ownerHint(definition)},
    )
  const targets = standing.filter(({type, name}) => type === 'SRV' && name === instance)
  if (targets.length > 0 && !allowLost)
    throw new RefusedError(
      targets.map(member => `${recordText(member)} ${whose(member.mark)}, and stands in the set still.`),
      {
        suggestions: [
          'Let the machines leave first: mcd sd leave.',
          'Add --allow-lost to undefine it all the same: whoever knows the name still reaches them, and nobody finds them.',
        ],
      },
    )
}

/** The records of the definition that stand, whoever made them. */
function partsOf(standing: readonly Member[], service: Service): Member[] {
  const {instance, service: listing, browse} = namesOf(service)
  return standing.filter(({type, name, value}) => {
    if (type === 'TXT') return name === instance
    if (type !== 'PTR') return false
    const leadsTo = canonical(value)
    return (name === listing && leadsTo === instance) || (name === browse && leadsTo === listing)
  })
}
