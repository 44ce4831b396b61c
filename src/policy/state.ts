import type {Fleet} from '../fleet/model.ts'
import {journalPrefix, locationText, type PostgresPlace, type S3Place} from '../journal/location.ts'
import type {Statement} from './document.ts'

/** What the role that runs mcd needs in PostgreSQL: statements for whoever administers the database. */
export type PostgresGrants = {readonly where: string; readonly statements: readonly string[]}

/**
 * The journal in a bucket is read, listed and added to, and nothing of it is ever deleted. A store with an endpoint of its own
 * keeps identities and policies of its own.
 */
export function operatorState({name, state}: Pick<Fleet, 'name' | 'state'>, partition: string): Statement[] {
  if (state.kind !== 's3' || state.endpoint !== undefined) return []
  const bucket = `arn:${partition}:s3:::${state.bucket}`
  const prefix = journalPrefix(state, name)
  const kmsKeyId = state.encryption?.kmsKeyId
  return [
    {
      Sid: 'KeepJournal',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: [`${bucket}/${prefix}/*`],
    },
    {
      Sid: 'ListJournal',
      Effect: 'Allow',
      Action: ['s3:ListBucket'],
      Resource: [bucket],
      Condition: {StringLike: {'s3:prefix': [`${prefix}/*`]}},
    },
    ...(kmsKeyId === undefined ? [] : [useKey(kmsKeyId, partition, state)]),
  ]
}

/**
 * A key is named by its ARN or id; by an alias it is only known through a condition, since IAM takes no alias as a resource.
 * Source: AWS KMS Developer Guide, "Use aliases to control access to KMS keys", "kms:ViaService".
 */
function useKey(key: string, partition: string, {region = '*'}: S3Place): Statement {
  const [, alias] = /(?:^|:)(alias\/.+)$/.exec(key) ?? []
  const all = `arn:${partition}:kms:${region}:*:key/`
  const arn = key.startsWith('arn:') ? key : `${all}${key}`
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'
  return {
    Sid: 'EncryptJournal',
    Effect: 'Allow',
    Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
    Resource: [alias === undefined ? arn : `${all}*`],
    Condition: {
      ...(alias === undefined ? {} : {'ForAnyValue:StringEquals': {'kms:ResourceAliases': [alias]}}),
      StringLike: {'kms:ViaService': `s3.${region}.${suffix}`},
    },
  }
}

/** The first run makes the tables, and its role owns them. */
export function postgresGrants(place: PostgresPlace): PostgresGrants {
  const {database, user = 'ROLE', schema = 'public'} = place
  const [role, own] = [quoted(user), quoted(schema.toLowerCase())]
  return {
    where: locationText(place),
    statements: [
      `GRANT CONNECT ON DATABASE ${quoted(database)} TO ${role};`,
      ...(schema === 'public' ? [] : [`CREATE SCHEMA IF NOT EXISTS ${own};`]),
      `GRANT USAGE, CREATE ON SCHEMA ${own} TO ${role};`,
    ],
  }
}

const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`

/** What has to be known of a shared journal. */
export function stateNotes({state}: Pick<Fleet, 'state'>): string[] {
  if (state.kind === 's3' && state.endpoint !== undefined)
    return [
      `The store at ${state.endpoint} keeps its own identities: mcd reads, lists and writes under its prefix there, and deletes nothing.`,
    ]
  if (state.kind === 'postgres')
    return [
      'PostgreSQL: the first run makes the tables mcd_format, mcd_events and mcd_snapshots. Another role than its own needs SELECT on them, INSERT on the last two and UPDATE on mcd_snapshots.',
    ]
  return []
}
