import {holdName, WHOLE_FLEET} from '../../mark.ts'
import type {Member} from '../../providers/dns.ts'
import type {Action, Plan} from '../plan/action.ts'
import type {Difference} from './report.ts'

type Registering = Action & {readonly kind: 'register'}
type Deregistering = Action & {readonly kind: 'deregister'}
/** The command that a change of this record waits for. */
type Fix = (change: Change) => string
type Change = {readonly sign: '+' | '-'; readonly member: Member}

/**
 * The command that mends each record: `mcd sync` where it would do just that, `mcd up` where more is to be done for it. What
 * neither does by now waits for the instance itself, or for others: that is up's to see through.
 */
export function fixesBy(sync: Plan | undefined): Fix {
  const bySync = new Set(
    (sync?.actions ?? []).flatMap(action =>
      action.kind === 'register' || action.kind === 'deregister'
        ? [
            ...action.create.map(member => changeKey({sign: '+', member})),
            ...action.remove.map(member => changeKey({sign: '-', member})),
          ]
        : [],
    ),
  )
  return change => (bySync.has(changeKey(change)) ? 'mcd sync' : 'mcd up')
}

const changeKey = ({sign, member: {name, type, value, ref = ''}}: Change): string =>
  [sign, name, type, value, sign === '-' ? ref : ''].join(' ')

/** What stands otherwise than it should, and what does not stand at all. `standing` is all that stands at the vendor. */
export function registerDifferences(
  {create, remove, reason}: Registering,
  fix: Fix,
  standing: readonly Member[],
): Difference[] {
  const isUnmarked = (member: Member) => standing.some(other => !other.mark && isSameValue(member, other))
  const matched = new Set<Member>()
  const wanted = create.map(member => {
    const found = remove.find(other => !matched.has(other) && isSamePlace(member, other))
    if (!found) return isUnmarked(member) ? unmarked(member, fix) : missing(member, reason, fix)
    matched.add(found)
    return changed(found, member, fix)
  })
  const others = remove.filter(member => !matched.has(member))
  return [...wanted, ...others.map(member => surplus(member, fix))]
}

/** What stands although it should not. Those that leave for good are told of by their own end. */
export function deregisterDifferences(
  action: Deregistering,
  fix: Fix,
  standing: readonly Member[],
): Difference[] {
  const {create, remove, leaving, reason} = action
  if (leaving.length > 0) return []
  // Beside an old name holds come with the records that they keep from coming back.
  const holds = action.heldOut ? create : []
  return [
    ...holds.map(member => ({
      ...about(member),
      kind: 'missing-hold',
      text: `nothing in ${member.name} keeps ${member.mark?.instance} out (${reason})`,
      fix: fix({sign: '+', member}),
    })),
    ...remove.map(member => {
      const stays = standing.some(other => isSamePlace(member, other) && !remove.includes(other))
      if (stays && !isHold(member)) return surplus(member, fix)
      return {
        ...about(member),
        kind: isHold(member) ? 'stale-hold' : action.heldOut ? 'unwanted-in-dns' : 'dead-record',
        text: isHold(member)
          ? `${member.name} still keeps ${member.mark?.instance} out of DNS (${reason})`
          : `${member.name} still holds ${shown(member)} (${reason})`,
        fix: fix({sign: '-', member}),
      }
    }),
  ]
}

const surplus = (member: Member, fix: Fix): Difference => ({
  ...about(member),
  kind: 'duplicate-record',
  text: `${member.name} holds ${shown(member)} beside the one that is right`,
  fix: fix({sign: '-', member}),
})

const missing = (member: Member, reason: string, fix: Fix): Difference => ({
  ...about(member),
  kind: member.mark?.instance === WHOLE_FLEET ? 'missing-definition' : 'missing-in-dns',
  text: `${member.name} lacks ${shown(member)} (${reason})`,
  fix: fix({sign: '+', member}),
})

/** It stands, and nothing says any more whose it is. */
const unmarked = (member: Member, fix: Fix): Difference => ({
  ...about(member),
  kind: 'missing-mark',
  text: `${member.name}: ${shown(member)} stands without its mark in ${holdName(member.name)}, and would be left behind when it leaves`,
  fix: fix({sign: '+', member}),
})

/** A record of ours that somebody edited, or that the file wants otherwise by now. */
function changed(found: Member, wanted: Member, fix: Fix): Difference {
  const mended = {...about(wanted), fix: fix({sign: '-', member: found})}
  const which = `${wanted.name}: ${shown(found)}`
  if (found.value !== wanted.value)
    return {
      ...mended,
      kind: 'wrong-value',
      text: `${which} should be ${kindText(wanted)}${wanted.value} (edited, or no longer right)`,
    }
  if ((found.proxied ?? false) !== (wanted.proxied ?? false))
    return {
      ...mended,
      kind: 'wrong-proxied',
      text: `${which} is ${found.proxied ? '' : 'not '}proxied and should ${found.proxied ? 'not be' : 'be'}`,
    }
  if (found.ttlSeconds !== wanted.ttlSeconds)
    return {
      ...mended,
      kind: 'wrong-ttl',
      text: `${which} has a TTL of ${found.ttlSeconds} s and should have ${wanted.ttlSeconds} s`,
    }
  // Some vendors' marks have no room for the group.
  if (found.mark?.group && wanted.mark && found.mark.group !== wanted.mark.group)
    return {
      ...mended,
      kind: 'wrong-mark',
      text: `${which} is marked as of group ${found.mark.group} and should be of ${wanted.mark.group}`,
    }
  if (found.weight !== wanted.weight && found.routing === wanted.routing)
    return {
      ...mended,
      kind: 'wrong-weight',
      text: `${which} has a weight of ${found.weight ?? 'nothing'} and should have ${wanted.weight ?? 'none'}`,
    }
  return {
    ...mended,
    kind: 'wrong-routing',
    text: `${which} is routed as ${found.routing ?? 'multivalue'} and should be as ${wanted.routing ?? 'multivalue'}`,
  }
}

/** A record of the same instance at the same place, whatever it says. */
const isSamePlace = (a: Member, b: Member): boolean =>
  a.name === b.name && a.type === b.type && a.mark?.instance === b.mark?.instance

const isSameValue = (a: Member, b: Member): boolean =>
  a.name === b.name && a.type === b.type && a.value === b.value

const about = ({name, mark}: Member): Pick<Difference, 'instance' | 'name'> => ({
  name,
  ...(mark && mark.instance !== WHOLE_FLEET ? {instance: mark.instance} : {}),
})

const isHold = ({type, mark}: Member): boolean => type === 'TXT' && mark?.instance !== WHOLE_FLEET

/** `192.0.2.10 of i-0abc`, `PTR v1._http._tcp.example.com` */
const shown = (member: Member): string => `${kindText(member)}${textOf(member)}${ownerText(member)}`

/** People know addresses when they see them. */
const kindText = ({type}: Member): string => (type === 'A' || type === 'AAAA' ? '' : `${type} `)

const textOf = ({type, value}: Member): string =>
  type === 'TXT' ? JSON.stringify(value.replaceAll('\n', ' ')) : value

const ownerText = ({mark}: Member): string =>
  mark && mark.instance !== WHOLE_FLEET ? ` of ${mark.instance}` : ''
