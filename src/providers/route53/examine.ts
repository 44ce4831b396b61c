import {accessFinding} from '../aws-access.ts'
import {atMost, type Caller, createCaller} from '../call.ts'
import type {ExamineDns, Finding, ZoneNeeds} from '../examine.ts'
import {type Route53Client, route53Client} from './client.ts'
import {RATE, type Route53Options, type Surroundings} from './dns.ts'
import {examineFollowing, examineReading} from './examine/reads.ts'
import {examineRecords} from './examine/records.ts'
import {examineRoom} from './examine/room.ts'
import {examineWrites} from './examine/writes.ts'
import {examineZone} from './examine/zone.ts'

/** Looks at a zone with calls that cannot change anything: with the operator's credentials, or with those of instances. */
export function examineRoute53({runtime, limits, ...options}: Route53Options): ExamineDns {
  const concurrency = limits?.concurrency
  const client = route53Client({...options, ...(concurrency !== undefined && {concurrency})})
  return examineOver(client, {runtime, ...(limits && {limits})})
}

/** The same over any client. */
export function examineOver(client: Route53Client, {runtime, limits}: Surroundings): ExamineDns {
  const call = createCaller(runtime, 'Route53', {api: atMost(RATE, limits?.perSecond)})
  return async needs => {
    try {
      return await examine(client, call, needs)
    } catch (error) {
      return [accessFinding(error, `route53 ${needs.zone}`)]
    }
  }
}

async function examine(client: Route53Client, call: Caller, needs: ZoneNeeds): Promise<Finding[]> {
  const identity = await whoAmI(client, call, needs.zone)
  if (needs.forInstances) {
    const {zoneId} = needs.forInstances
    const reading = await examineReading(client, call, zoneId, needs)
    const writing = await examineWrites(client, call, zoneId, needs)
    return [identity, reading.finding, ...writing, await examineFollowing(client, call, needs)]
  }
  const {findings: zone, zoneId} = await examineZone(client, call, needs.zone)
  if (zoneId === undefined) return [identity, ...zone]
  const reading = await examineReading(client, call, zoneId, needs)
  const writing = await examineWrites(client, call, zoneId, needs)
  return [
    identity,
    ...zone,
    reading.finding,
    ...writing,
    await examineFollowing(client, call, needs),
    ...examineRecords(needs, reading.members),
    await examineRoom(client, call, zoneId, needs, reading.members),
  ]
}

async function whoAmI(client: Route53Client, call: Caller, zone: string): Promise<Finding> {
  const {Account = '', Arn = ''} = await call({name: 'GetCallerIdentity'}, signal =>
    client.getCallerIdentity(signal),
  )
  const detail = `These are the credentials of ${Arn}, account ${Account}.`
  return {check: 'identity', subject: `route53 ${zone}`, outcome: 'ok', detail}
}
