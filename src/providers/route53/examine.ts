import {accessFinding} from '../aws-access.ts'
import type {ExamineDns, Finding, ZoneNeeds} from '../examine.ts'
import {type Route53Api, route53Api} from './api.ts'
import {type Route53Client, route53Client} from './client.ts'
import type {Route53Options, Surroundings} from './dns.ts'
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
  return examineOver(route53Client({...options, concurrency: limits?.concurrency}), {runtime, limits})
}

/** The same over any client. */
export function examineOver(client: Route53Client, {runtime, limits}: Surroundings): ExamineDns {
  const api = route53Api(client, runtime, limits)
  return async needs => {
    const findings: Finding[] = []
    const look = needs.forInstances ? examineForInstances : examineForOperator
    try {
      for await (const some of look(api, needs)) findings.push(...some)
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
async function* examineForOperator(api: Route53Api, needs: ZoneNeeds): AsyncGenerator<Finding[]> {
  yield [await whoAmI(api, needs)]
  const {findings, zoneId} = await examineZone(api, needs)
  yield [...findings]
  if (zoneId === undefined) return
  const {finding, members} = await examineReading(api, zoneId, needs)
  yield [finding]
  yield await examineWrites(api, zoneId, needs)
  yield [await examineFollowing(api, needs)]
  yield examineRecords(needs, members)
  yield [await examineRoom(api, zoneId, needs, members)]
}

async function* examineForInstances(api: Route53Api, needs: ZoneNeeds): AsyncGenerator<Finding[]> {
  const {zoneId = ''} = needs.forInstances ?? {}
  yield [await whoAmI(api, needs)]
  yield [(await examineReading(api, zoneId, needs)).finding]
  yield await examineWrites(api, zoneId, needs)
  yield [await examineFollowing(api, needs)]
}

async function whoAmI(api: Route53Api, {zone}: ZoneNeeds): Promise<Finding> {
  const {Account = '', Arn = ''} = await api.getCallerIdentity()
  const detail = `These are the credentials of ${Arn}, account ${Account}.`
  return {check: 'identity', subject: `route53 ${zone}`, outcome: 'ok', detail}
}
