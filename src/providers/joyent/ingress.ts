import type {Mark} from '../../mark.ts'
import type {NetworkPiece, NetworkWish} from '../compute.ts'
import type {ApiRule, NewRule} from './shapes.ts'

/**
 * A group's ingress is one firewall rule. The rule language joins targets by OR only, so that "this fleet and this name
 * and this group" cannot be said of three tags; instances whose ports mcd opens carry all three as one tag,
 * `mcd_net=<fleet>/<group>/<dns>`, beside their mark. The rule's own mark is its description together with that tag:
 * a rule that lacks either is not ours.
 */
export const INGRESS_TAG = 'mcd_net'

type Owner = Pick<Mark, 'fleet' | 'dns' | 'group'>

export const ingressTag = ({fleet, group, dns}: Owner): string => `${fleet}/${group}/${dns}`

/** Ports one rule can hold (sdc-fwrule: MAX_PROTOCOL_TARGETS). */
export const MAX_PORTS_PER_RULE = 24

export function toRule(wish: NetworkWish): NewRule {
  const ports = sorted(wish.open).map(port => `PORT ${port}`)
  const list = ports.length > 1 ? `(${ports.join(' AND ')})` : ports.join('')
  return {
    rule: `FROM any TO tag "${INGRESS_TAG}" = "${ingressTag(wish)}" ALLOW tcp ${list}`,
    enabled: true,
    description: describe(wish),
  }
}

/** undefined when it is not ours. The service gives a rule back in its own spelling. */
export function fromRule({id, rule, description}: ApiRule, place: string): NetworkPiece | undefined {
  const match =
    /^FROM any TO tag "?mcd_net"? = "([^"/]+)\/([^"/]+)\/([^"/]+)" ALLOW tcp \(?((?:PORT \d+(?: AND )?)+)\)?$/i.exec(
      rule,
    )
  if (!match) return undefined
  const [, fleet = '', group = '', dns = '', ports = ''] = match
  const piece = {id, place, fleet, dns, group, open: sorted((ports.match(/\d+/g) ?? []).map(Number))}
  return description === describe(piece) ? piece : undefined
}

/** Whether an existing piece of ours already is what is wished. */
export function fulfils(piece: NetworkPiece, wish: NetworkWish): boolean {
  return sameOwner(piece, wish) && sorted(piece.open).join() === sorted(wish.open).join()
}

export const sameOwner = (a: Owner, b: Owner): boolean => ingressTag(a) === ingressTag(b)

/** A description holds 255 characters at most; the DNS name stands in the rule itself. */
const describe = ({fleet, group}: Pick<Owner, 'fleet' | 'group'>) => `mcd:v1 f=${fleet} g=${group}`

const sorted = (ports: readonly number[]) => [...new Set(ports)].sort((a, b) => a - b)
