import type {Change} from '@aws-sdk/client-route-53'
import {isDenied} from '../../aws-access.ts'
import type {Finding, ZoneNeeds} from '../../examine.ts'
import type {Route53Api} from '../api.ts'
import {BatchRefusal} from '../classify.ts'
import {ending, type Probe, probesOf, type Target, writing} from './probes.ts'
import {allowing, notAllowed} from './reads.ts'

const ACTION = 'ChangeResourceRecordSets'

/**
 * Whether the names may be changed, by batches that cannot apply: each deletes a record set that does not exist
 * (decision 31). Route53 looks at the permission first and at the zone then, so that InvalidChangeBatch means allowed. IAM can
 * tell names, types and actions apart: a batch that is denied is taken apart until it is known what is lacking.
 */
export async function examineWrites(api: Route53Api, zoneId: string, needs: ZoneNeeds): Promise<Finding[]> {
  const isAllowed = (Changes: Change[]): Promise<boolean> =>
    api.changeResourceRecordSets({HostedZoneId: zoneId, ChangeBatch: {Changes}}).then(
      () => {
        throw new TookEffect()
      },
      error => {
        if (error instanceof BatchRefusal) return true
        if (isDenied(error)) return false
        throw error
      },
    )
  const findings: Finding[] = []
  for (const probe of probesOf(needs)) {
    try {
      findings.push(await examineProbe(probe, isAllowed, needs))
    } catch (error) {
      if (error instanceof TookEffect) return [...findings, tookEffect(needs)]
      return [...findings, notAllowed(ACTION, needs, error)]
    }
  }
  return findings
}

class TookEffect extends Error {}

const both = (write: Probe['write'], target: Target): Change[] => [ending(target), writing(write, target)]

async function examineProbe(
  {write, targets}: Probe,
  isAllowed: (changes: Change[]) => Promise<boolean>,
  needs: ZoneNeeds,
): Promise<Finding> {
  const about = {check: 'permission' as const, subject: `route53:${ACTION} ${named(targets.slice(0, 1))}`}
  const wanted = `${write} and DELETE`
  if (await isAllowed(targets.flatMap(target => both(write, target))))
    return {...about, outcome: 'ok', detail: `${wanted} are allowed: ${named(targets)}.`}
  const lacking: string[] = []
  for (const target of targets) {
    if (targets.length > 1 && (await isAllowed(both(write, target)))) continue
    const mayEnd = await isAllowed([ending(target)])
    lacking.push(
      mayEnd ? `${write} ${named([target])}, while they may DELETE it` : `${wanted} ${named([target])}`,
    )
  }
  const detail =
    lacking.length > 0
      ? `These credentials may not ${lacking.join('; nor ')}.`
      : 'These credentials may change each of these by itself, but not in one batch: one statement must allow a batch whole.'
  return {...about, outcome: 'failed', detail, remedy: allowing(`route53:${ACTION}`, needs)}
}

const named = (targets: readonly Target[]): string =>
  targets.map(({name, type}) => `${type} ${name}`).join(', ')

const tookEffect = ({zone}: ZoneNeeds): Finding => ({
  check: 'permission',
  subject: `route53:${ACTION} ${zone}`,
  outcome: 'failed',
  detail:
    'Route53 accepted a change that deletes a record set which does not exist: this endpoint does not keep its rules.',
  remedy: 'Look at the records of the zone, and check the endpoint (AWS_ENDPOINT_URL).',
})
