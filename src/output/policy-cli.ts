import type {PolicyDocument} from '../policy/document.ts'
import type {FleetPolicies, TokenPolicy} from '../policy/fleet-policies.ts'
import {identifier} from '../policy/fleet-policies.ts'
import type {PostgresGrants} from '../policy/state.ts'

/**
 * A shell script for the AWS CLI and curl with jq, to be read and then run by an administrator. Secrets pass through
 * variables and standard input alone: nothing of them is on a command line.
 */
export function policyCli({fleet, zones, operator, instances, notes}: FleetPolicies): string {
  const name = `mcd-${fleet}`
  const parts = [
    '#!/bin/sh\n# Grants what this fleet needs. Needs: aws (an administrator), and for CloudFlare curl, jq and\n# CLOUDFLARE_API_TOKEN with "API Tokens Write"; for PostgreSQL psql.\nset -eu',
    ...notes.map(note => `# Note: ${note}`),
    ...zones.map(
      zone =>
        `${shellZone(zone)}=$(aws route53 list-hosted-zones-by-name --dns-name ${zone} --max-items 1 \\\n  --query "HostedZones[?Name=='${zone}.'].Id | [0]" --output text | sed 's|.*/||')`,
    ),
    operator.aws && iamPolicy(`${name}-operator`, operator.aws),
    instances.aws && instanceIdentity(name, instances.aws),
    (operator.cloudflare || instances.cloudflare) && CLOUDFLARE_CALL,
    operator.cloudflare && cloudflareToken(operator.cloudflare),
    operator.postgres && postgresGrant(operator.postgres),
    instances.cloudflare && cloudflareToken(instances.cloudflare),
  ]
  return parts.filter(part => typeof part === 'string').join('\n\n')
}

/** How policyCli's documents refer to a zone's id. */
export const shellZone = (zone: string): string => `ZONE_${identifier(zone).toUpperCase()}`

/** Unquoted here-document: the zone's variable is filled in, and IAM's own `$` does not occur. */
const iamPolicy = (name: string, document: PolicyDocument): string =>
  `aws iam create-policy --policy-name ${name} --policy-document "$(cat <<JSON\n${json(document)}\nJSON\n)"`

/** A here-document takes a backslash only before $, \` and another one. */
const json = (document: PolicyDocument): string => JSON.stringify(document, null, 2).replaceAll('\\', '\\\\')

function instanceIdentity(
  name: string,
  {policy, profiles, keys}: NonNullable<FleetPolicies['instances']['aws']>,
): string {
  const document = `"$(cat <<JSON\n${json(policy)}\nJSON\n)"`
  const trust =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
  const roles = profiles.map(profile =>
    [
      `aws iam create-role --role-name ${profile} --assume-role-policy-document '${trust}'`,
      `aws iam put-role-policy --role-name ${profile} --policy-name ${name}-dns --policy-document ${document}`,
      `aws iam create-instance-profile --instance-profile-name ${profile}`,
      `aws iam add-role-to-instance-profile --instance-profile-name ${profile} --role-name ${profile}`,
    ].join('\n'),
  )
  const user = [
    `aws iam create-user --user-name ${name}-instances`,
    `aws iam put-user-policy --user-name ${name}-instances --policy-name ${name}-dns --policy-document ${document}`,
    '# Prints the secret once: it belongs into the variables that dns.instanceCredentials names.',
    `aws iam create-access-key --user-name ${name}-instances`,
  ].join('\n')
  return [...roles, ...(keys ? [user] : [])].join('\n\n')
}

const CLOUDFLARE_CALL = `cloudflare() {
  path=$1
  shift
  printf 'header = "Authorization: Bearer %s"\\n' "$CLOUDFLARE_API_TOKEN" |
    curl -fsS -K - "https://api.cloudflare.com/client/v4$path" "$@"
}
# The id of the permission group with exactly this name and the scope of a zone.
group() {
  cloudflare /user/tokens/permission_groups | jq -r --arg name "$1" \\
    '.result[] | select(.name == $name and (.scopes | index("com.cloudflare.api.account.zone"))) | .id'
}
zone() {
  cloudflare "/zones?name=$1" | jq -r '.result[0].id'
}`

/** Asked of an administrator's own PGUSER: the place is the one of "state", without its user. */
const postgresGrant = ({where, statements}: PostgresGrants): string =>
  [`psql -v ON_ERROR_STOP=1 '${where.replace(/\/\/[^@/]*@/, '//')}' <<'SQL'`, ...statements, 'SQL'].join('\n')

/** The answer holds the token, and only this once. */
function cloudflareToken({name, permissions, zones}: TokenPolicy): string {
  const groups = permissions.map(permission => `{"id":"'"$(group '${permission}')"'"}`).join(',')
  const resources = zones.map(zone => `"com.cloudflare.api.account.zone.'"$(zone ${zone})"'":"*"`).join(',')
  return [
    '# Prints the token once.',
    `cloudflare /user/tokens -H 'Content-Type: application/json' --data '{"name":"${name}","policies":[{"effect":"allow",`,
    `  "permission_groups":[${groups}],`,
    `  "resources":{${resources}}}]}' | jq -r .result.value`,
  ].join('\n')
}
