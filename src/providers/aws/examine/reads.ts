import type {Place} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import type {AwsApi} from '../api.ts'
import {isRefusal} from '../classify.ts'
import {isImageId} from '../images.ts'
import {notAllowed, tryOut} from './verdict.ts'

/** The reads that any run makes, and those of what a group names alone. */
const ALWAYS = [
  'DescribeImages',
  'DescribeInstances',
  'DescribeInstanceTypeOfferings',
  'DescribeInstanceTypes',
  'DescribeSecurityGroups',
  'DescribeSubnets',
] as const

/**
 * Whether what mcd reads may be read. A cloud that is only compatible need not know DryRun: there the reads of the
 * resolution itself tell.
 */
export async function examineReads(api: AwsApi, place: Place, {groups}: ComputeNeeds): Promise<Finding[]> {
  if (place.compatible) return []
  const namesKeys = groups.some(({wish}) => wish.keyPair !== undefined)
  const reads = [...ALWAYS, ...(namesKeys ? (['DescribeKeyPairs'] as const) : [])]
  const usesAlias = groups.some(({wish}) => !isImageId(wish.image))
  return Promise.all([
    ...reads.map(call =>
      tryOut({action: `ec2:${call}`, allowed: 'Allowed.'}, () => api(call, {DryRun: true})),
    ),
    ...(usesAlias ? [examineParameters(api)] : []),
  ])
}

/** One that every region has. */
const PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'

async function examineParameters(api: AwsApi): Promise<Finding> {
  const because = 'mcd looks for images by their owners and names.'
  const asked = {
    action: 'ssm:GetParameter',
    allowed: 'Allowed.',
    lack: {outcome: 'warning' as const, because},
  }
  try {
    await api('GetParameter', {Name: PARAMETER})
  } catch (error) {
    if (!isRefusal(error, 'ParameterNotFound')) return notAllowed(asked, error)
  }
  return {check: 'permission', subject: asked.action, outcome: 'ok', detail: asked.allowed}
}
