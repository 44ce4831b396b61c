import {attributeProblems, attributeWarnings, writeAttributes} from '../dns/sd/txt.ts'
import {formatDuration} from '../duration.ts'
import {UsageError} from '../errors.ts'
import {srvHost} from '../fleet/discovery.ts'
import type {DnsChange, Member} from '../providers/dns.ts'
import {checkUndefine, definedByOthers, planDefine, planUndefine, standingText} from './define.ts'
import {checkLeave, joinedByOthers, type Leaver, type Machine, planJoin, planLeave, srvWish} from './join.ts'
import {namesOf, recordText, type Service, whose} from './service.ts'
import {settle} from './settle.ts'
import type {ServiceZone} from './zone.ts'

/** What came of it. */
export type Published = {
  readonly change: DnsChange
  /** What a person should know all the same, a sentence each. */
  readonly notes: readonly string[]
}

/** `txt`: the strings of the TXT record; what stands there stays where it is left out. Throws UsageError, RefusedError, ConflictError. */
export async function define(
  zone: ServiceZone,
  service: Service,
  txt: readonly string[] | undefined,
): Promise<Published> {
  const problems = attributeProblems(txt ?? [])
  if (problems.length > 0)
    throw new UsageError(problems.map(problem => `The TXT record ${problem}.`).join('\n'))
  const {instance} = namesOf(service)
  const wish = {name: instance, ttlSeconds: service.ttlSeconds, proxied: false, members: 0}
  const look = () => zone.readService(service)
  const first = await look()
  zone.require({...wish, discovery: {name: instance, valueCharacters: 0, members: 0}}, first)
  const strings = txt ?? standingText(first, service) ?? writeAttributes([])
  const {change} = await settle(zone, first, look, standing =>
    planDefine(standing, {...service, txt: strings}),
  )
  return {
    change,
    notes: [
      ...attributeWarnings(strings).map(warning => `The TXT record ${warning}.`),
      ...definedByOthers(first, service).map(
        member => `${recordText(member)} ${whose(member.mark)}: it stays for as long as its owner keeps it.`,
      ),
    ],
  }
}

/** Throws RefusedError, ConflictError. */
export async function undefine(
  zone: ServiceZone,
  service: Service,
  options: {readonly allowLost: boolean},
): Promise<Published> {
  const look = () => zone.readService(service)
  const first = await look()
  checkUndefine(first, service, options)
  const {change, standing} = await settle(zone, first, look, seen => planUndefine(seen, service))
  const left = definedByOthers(standing, service)
  return {change, notes: left.map(member => `${recordText(member)} stays: it ${whose(member.mark)}.`)}
}

/** Throws RefusedError, ConflictError. */
export async function join(zone: ServiceZone, machine: Machine): Promise<Published> {
  const look = () => zone.readService(machine, machine.host)
  const first = await look()
  zone.require(
    srvWish(first, machine),
    // What stands at its own name is judged by where it leads.
    first.filter(({name}) => name !== machine.host),
  )
  const {change} = await settle(zone, first, look, standing => planJoin(standing, machine))
  const isDefined = first.some(({type, name}) => type === 'PTR' && name === namesOf(machine).service)
  return {
    change,
    notes: [
      ...joinedByOthers(first, machine).map(
        member => `${recordText(member)} ${whose(member.mark)}, and leads to this machine, too.`,
      ),
      ...(isDefined ? [] : ['Nobody who browses finds it yet: the service is not defined (mcd sd define).']),
    ],
  }
}

/** Throws RefusedError, ConflictError. */
export async function leave(zone: ServiceZone, leaver: Leaver): Promise<Published> {
  const look = () => zone.readServices(leaver, leaver.host)
  const first = await look()
  checkLeave(first, leaver)
  const {change, standing} = await settle(zone, first, look, seen => planLeave(seen, leaver))
  return {change, notes: [...stillThere(standing, leaver), ...stillRemembered(change)]}
}

function stillRemembered({remove}: DnsChange): string[] {
  const ttlSeconds = Math.max(0, ...remove.map(member => member.ttlSeconds))
  return ttlSeconds > 0
    ? [
        `Resolvers may lead clients there for another ${formatDuration(ttlSeconds * 1_000)}: let it serve so long.`,
      ]
    : []
}

function stillThere(standing: readonly Member[], leaver: Leaver): string[] {
  const targets = standing.filter(({type, value}) => type === 'SRV' && srvHost(value) === leaver.host)
  return targets.map(member => `${recordText(member)} leads there still, and ${whose(member.mark)}.`)
}
