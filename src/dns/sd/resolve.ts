import {McdError, UsageError} from '../../errors.ts'
import {plainName} from '../presentation.ts'
import type {Ask} from '../resolver.ts'
import {type Instance, listInstances, lookUpInstance, NOWHERE} from './look-up.ts'
import {readServiceName, type ServiceParts} from './names.ts'
import {inOrder, type Target} from './select.ts'
import {readAttributes} from './txt.ts'

/** Where a client can connect. */
export type Endpoint = {readonly address: string; readonly port: number}

export type ResolvedTarget = Target & {
  /** The name of the service instance that it belongs to. */
  readonly instance: string
  readonly addresses: readonly string[]
}

export type ResolvedService = {
  readonly name: string
  readonly instances: readonly {
    readonly name: string
    readonly attributes: Readonly<Record<string, string | true>>
  }[]
  /** Those with an address, in the order in which a client tries them (RFC 2782). */
  readonly targets: readonly ResolvedTarget[]
}

/**
 * Follows a service (`_http._tcp.example.com`, all its instances) or one instance of it (`v1._http._tcp.example.com`) to
 * addresses. `random` is uniform in [0, 1). Throws McdError where that leads nowhere, with the reason.
 */
export async function resolveService(ask: Ask, name: string, random: () => number): Promise<ResolvedService> {
  const {instance, service, domain} = requireServiceName(name)
  const names = instance === undefined ? (await listInstances(ask, service, domain)).names : [plainName(name)]
  const instances = await Promise.all(names.map(each => lookUpInstance(ask, each)))
  const targets = inOrder(instances.flatMap(targetsOf), random).filter(({addresses}) => addresses.length > 0)
  if (targets.length === 0)
    throw new McdError(`${name} leads to no address: ${whyNowhere(name, instances)}.`, {
      suggestions: [`Run: mcd sd check ${shellWord(name)}`],
    })
  return {
    name,
    instances: instances.map(each => ({
      name: each.name,
      attributes: Object.fromEntries(readAttributes(each.txt[0] ?? [])),
    })),
    targets,
  }
}

/** All endpoints, in the order in which a client tries them. */
export const endpointsOf = ({targets}: ResolvedService): Endpoint[] =>
  targets.flatMap(({addresses, port}) => addresses.map(address => ({address, port})))

/** What `count` clients would choose first, each for itself. */
export function drawEndpoints({targets}: ResolvedService, count: number, random: () => number): Endpoint[] {
  return Array.from({length: count}, () => inOrder(targets, random)[0]).flatMap(chosen => {
    const address = chosen?.addresses[Math.floor(random() * chosen.addresses.length)]
    return chosen && address !== undefined ? [{address, port: chosen.port}] : []
  })
}

/** Throws UsageError for a name that is neither a service's nor an instance's. */
export function requireServiceName(name: string): ServiceParts {
  const parts = readServiceName(name)
  if (parts) return parts
  throw new UsageError(`"${name}" names no DNS-SD service and no instance of one.`, {
    suggestions: [
      'Give a service, as in _http._tcp.example.com, or one instance of it, as in v1._http._tcp.example.com.',
      'Write a dot inside the name of an instance as "\\." (in a shell within single quotes).',
    ],
  })
}

const targetsOf = ({name, targets, hosts}: Instance): ResolvedTarget[] =>
  targets.map(target => ({...target, instance: name, addresses: hosts.get(target.target)?.addresses ?? []}))

function whyNowhere(name: string, instances: readonly Instance[]): string {
  if (instances.length === 0) return 'it has no PTR record that names an instance'
  const all = instances.flatMap(({targets}) => targets)
  if (all.length === 0)
    return instances.some(each => each.name === name)
      ? 'it has no SRV record'
      : `none of its instances (${instances.map(each => each.name).join(', ')}) has an SRV record`
  if (all.every(({target}) => target === NOWHERE)) return 'its SRV record says that it is not available'
  return `none of the hosts in its SRV records (${[...new Set(all.map(({target}) => target))].join(', ')}) has an address`
}

const shellWord = (text: string): string =>
  /^[\w.@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
