import type {Runtime} from '../../runtime.ts'
import {accessFinding, isDenied} from '../aws-access.ts'
import type {Limits} from '../call.ts'
import type {Place} from '../compute.ts'
import type {ComputeNeeds, ExamineCompute, Finding} from '../examine.ts'
import {type AwsApi, awsApi} from './api.ts'
import type {AwsClient} from './calls.ts'
import {sdkClient} from './client.ts'
import {type AwsComputeOptions, CONCURRENCY, listInstances} from './compute.ts'
import {examineChanges, type Ours} from './examine/changes.ts'
import {whoAmI} from './examine/identity.ts'
import {examineLaunch} from './examine/launch.ts'
import {examineQuotas} from './examine/quotas.ts'
import {examineReads} from './examine/reads.ts'
import {listSecurityGroups} from './network.ts'

/** Looks at one region, or at a cloud that speaks EC2, with calls that cannot change anything. */
export function examineAws({
  place,
  runtime,
  endpoint,
  credentials,
  limits = {},
  requestHandler,
}: AwsComputeOptions): ExamineCompute {
  const concurrency = limits.concurrency ?? CONCURRENCY
  const client = sdkClient({place, endpoint, credentials, requestHandler, concurrency})
  return examineOver(client, {place, runtime, limits})
}

const WAYS =
  'the network, the endpoint (AWS_ENDPOINT_URL, or "endpoint" in the group) and the spelling of "region"'

/** The same over any client. */
export function examineOver(
  client: AwsClient,
  {place, runtime, limits}: {place: Place; runtime: Runtime; limits: Limits},
): ExamineCompute {
  const api = awsApi(client, runtime, limits)
  return async needs => {
    const findings: Finding[] = []
    try {
      for await (const some of examine(api, place, needs)) findings.push(...some)
    } catch (error) {
      const finding = accessFinding(error, place.key, WAYS)
      findings.push(isDenied(error) ? {...finding, check: 'permission'} : finding)
    }
    return withoutRepeats(findings)
  }
}

/** One look after the other; what one throws leaves the rest out. */
async function* examine(api: AwsApi, place: Place, needs: ComputeNeeds): AsyncGenerator<Finding[]> {
  yield [await whoAmI(api, place)]
  yield await examineReads(api, place, needs)
  const ours = await whatIsOurs(api, place, needs)
  for (const group of needs.groups) {
    const ingress = ours?.ingress.filter(piece => piece.group === group.name) ?? []
    yield await examineLaunch(api, place, needs, group, ingress)
  }
  if (!ours) return
  yield await examineChanges(api, place, needs, ours)
  yield await examineQuotas(api, place, needs, ours.instances)
}

/** undefined where it may not be read, which is told by itself. */
async function whatIsOurs(api: AwsApi, place: Place, {fleet, dns}: ComputeNeeds): Promise<Ours | undefined> {
  try {
    const [instances, ingress] = await Promise.all([
      listInstances(api, place, fleet),
      listSecurityGroups(api, place, fleet),
    ])
    return {
      instances: instances.filter(({mark}) => mark.dns === dns),
      ingress: ingress.filter(piece => piece.dns === dns),
    }
  } catch (error) {
    if (isDenied(error) && !place.compatible) return undefined
    throw error
  }
}

/** Groups share images, types and more. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const texts = new Map(findings.map(finding => [JSON.stringify(finding), finding]))
  return [...texts.values()]
}
