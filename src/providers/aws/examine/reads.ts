import type {Place} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import type {AwsApi} from '../api.ts'
import {tryOut} from './verdict.ts'

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
  return Promise.all(
    reads.map(call => tryOut({action: `ec2:${call}`, allowed: 'Allowed.'}, () => api(call, {DryRun: true}))),
  )
}
