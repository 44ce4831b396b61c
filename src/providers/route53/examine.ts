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

/** Theirs are in no profile of this machine. */
const GIVE_KEYS =
  'Put the access key of an IAM user that exists where "dns.instanceCredentials" takes it from: "mcd policy" prints what it needs.'

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
    const findings: Finding[] = []
    const look = needs.forInstances ? examineForInstances : examineForOperator
    try {
      for await (const some of look(client, call, needs)) findings.push(...some)
    } catch (error) {
      const finding = accessFinding(
        error,
        `route53 ${needs.zone}`,
        'the network and the endpoint (AWS_ENDPOINT_URL)',
      )
      const theirs = needs.forInstances !== undefined && finding.check === 'identity'
      findings.push(theirs ? {...finding, remedy: GIVE_KEYS} : finding)
    }
    return findings
  }
}

/** One look after the other; what one throws leaves the rest out. */
async function* examineForOperator(
  client: Route53Client,
  call: Caller,
  needs: ZoneNeeds,
): AsyncGenerator<Finding[]> {
  yield [await whoAmI(client, call, needs)]
  const {findings, zoneId} = await examineZone(client, call, needs)
  yield [...findings]
  if (zoneId === undefined) return
  const {finding, members} = await examineReading(client, call, zoneId, needs)
  yield [finding]
  yield await examineWrites(client, call, zoneId, needs)
  yield [await examineFollowing(client, call, needs)]
  yield examineRecords(needs, members)
  yield [await examineRoom(client, call, zoneId, needs, members)]
}

async function* examineForInstances(
  client: Route53Client,
  call: Caller,
  needs: ZoneNeeds,
): AsyncGenerator<Finding[]> {
  const {zoneId = ''} = needs.forInstances ?? {}
  yield [await whoAmI(client, call, needs)]
  yield [(await examineReading(client, call, zoneId, needs)).finding]
  yield await examineWrites(client, call, zoneId, needs)
  yield [await examineFollowing(client, call, needs)]
}

async function whoAmI(client: Route53Client, call: Caller, {zone}: ZoneNeeds): Promise<Finding> {
  const {Account = '', Arn = ''} = await call({name: 'GetCallerIdentity'}, signal =>
    client.getCallerIdentity(signal),
  )
  const detail = `These are the credentials of ${Arn}, account ${Account}.`
  return {check: 'identity', subject: `route53 ${zone}`, outcome: 'ok', detail}
}
