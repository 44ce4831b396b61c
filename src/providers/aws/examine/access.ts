import {accessFinding} from '../../aws-access.ts'
import type {Place} from '../../compute.ts'
import type {Finding} from '../../examine.ts'
import type {AwsApi} from '../api.ts'
import {filter} from '../convert.ts'

/** Who is behind the credentials; what keeps mcd from knowing it ends the examination of the place. */
export async function examineAccess(
  api: AwsApi,
  place: Place,
): Promise<{readonly finding: Finding; readonly isIn: boolean}> {
  try {
    const who = place.compatible ? await ownerOfGroups(api) : await caller(api)
    return {finding: {check: 'identity', subject: place.key, outcome: 'ok', detail: who}, isIn: true}
  } catch (error) {
    return {finding: accessFinding(error, place.key), isIn: false}
  }
}

async function caller(api: AwsApi): Promise<string> {
  const {Account = '', Arn = ''} = await api('GetCallerIdentity', {})
  return `These are the credentials of ${Arn}, account ${Account}.`
}

/** The token service of such a cloud is elsewhere. */
async function ownerOfGroups(api: AwsApi): Promise<string> {
  const {SecurityGroups: [group] = []} = await api('DescribeSecurityGroups', {
    Filters: [filter('group-name', 'default')],
  })
  return `These are credentials of account ${group?.OwnerId ?? '(not shown)'}; whose they are in it, an EC2-compatible cloud does not tell here.`
}
