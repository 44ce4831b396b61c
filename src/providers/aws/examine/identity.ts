import type {Place} from '../../compute.ts'
import type {Finding} from '../../examine.ts'
import type {AwsApi} from '../api.ts'
import {filter} from '../convert.ts'

/** Who is behind the credentials. Throws what keeps mcd from knowing it. */
export async function whoAmI(api: AwsApi, place: Place): Promise<Finding> {
  const detail = place.compatible ? await ownerOfGroups(api) : await caller(api)
  return {check: 'identity', subject: place.key, outcome: 'ok', detail}
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
  return `These are credentials of account ${group?.OwnerId ?? '(not shown)'}. Whose they are in it, an EC2-compatible cloud does not tell here.`
}
