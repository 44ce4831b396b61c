import type {SecurityGroup} from '@aws-sdk/client-ec2'
import {nearest} from '../../nearest.ts'
import type {LaunchWish} from '../compute.ts'
import {type AwsApi, allPages} from './api.ts'
import {filter} from './convert.ts'
import type {Reason} from './reason.ts'

/** Tags of ours beside the user's: the mark and the name. EC2 takes 50. */
const MAX_TAGS = 50 - 6
const MAX_TAG_KEY = 128
const MAX_TAG_VALUE = 256

/** What EC2 would refuse without asking it. */
export function wishReasons({tags}: LaunchWish): Reason[] {
  const reasons: Reason[] = []
  const refuse = (text: string) => reasons.push({about: 'settings', name: 'tags', text})
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS)
    refuse(`${entries.length} tags are too many: EC2 takes 50, mcd needs 6 of them.`)
  for (const [key, value] of entries) {
    if (key.length > MAX_TAG_KEY)
      refuse(`Tag key "${key.slice(0, 20)}…" has ${key.length} characters: EC2 takes ${MAX_TAG_KEY}.`)
    if (value.length > MAX_TAG_VALUE)
      refuse(`The value of tag "${key}" has ${value.length} characters: EC2 takes ${MAX_TAG_VALUE}.`)
    if (/^aws:/i.test(key)) refuse(`Tag "${key}": keys that begin with "aws:" are AWS's own.`)
    if (key.startsWith('mcd:')) refuse(`Tag "${key}": keys that begin with "mcd:" are mcd's own.`)
  }
  return reasons
}

/** The security groups a wish names, by id or name, in the VPC where there is one. */
export async function findGroups(
  api: AwsApi,
  wished: readonly string[],
  vpcId: string | undefined,
  reasons: Reason[],
): Promise<SecurityGroup[]> {
  if (wished.length === 0) return []
  const filters = vpcId === undefined ? {} : {Filters: [filter('vpc-id', vpcId)]}
  const pages = await allPages(token => api('DescribeSecurityGroups', {...filters, ...token}))
  const all = pages.flatMap(({SecurityGroups}) => SecurityGroups ?? [])
  return wished.flatMap(name => {
    const found = all.find(({GroupId, GroupName}) => GroupId === name || GroupName === name)
    if (found) return [found]
    const near = nearest(
      name,
      all.flatMap(({GroupId, GroupName}) => [GroupName ?? [], GroupId ?? []].flat()),
    )
    const where = vpcId === undefined ? 'here' : `in ${vpcId}`
    const text = `Security group ${name} does not exist ${where}${near ? `: did you mean ${near}?` : '.'}`
    reasons.push({about: 'network', name, text})
    return []
  })
}

export async function findKeyPair(api: AwsApi, wished: string | undefined, reasons: Reason[]): Promise<void> {
  if (wished === undefined) return
  const {KeyPairs = []} = await api('DescribeKeyPairs', {})
  const names = KeyPairs.flatMap(({KeyName}) => KeyName ?? [])
  if (names.includes(wished)) return
  const near = nearest(wished, names)
  const text = `Key pair ${wished} does not exist in this region${near ? `: did you mean ${near}?` : '.'}`
  reasons.push({about: 'key', name: wished, text})
}
