/** An IAM policy as AWS reads it. Source: IAM User Guide, "IAM JSON policy elements reference". */
export type PolicyDocument = {readonly Version: '2012-10-17'; readonly Statement: readonly Statement[]}

export type Statement = {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  /** By operator, then by condition key. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

export const policy = (...statements: readonly (Statement | undefined)[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.filter(statement => statement !== undefined),
})

/** How the zone's id is written: itself, a shell variable, a Terraform reference. */
export type ZoneId = (zone: string) => string

/** The partition these regions are in: the second field of every ARN. A fleet does not span partitions with one account. */
export function partitionOf(regions: readonly string[]): string {
  const [region = ''] = regions
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}
