import type {PolicyDocument} from '../policy/document.ts'
import {type FleetPolicies, identifier, type TokenPolicy} from '../policy/fleet-policies.ts'

/** Terraform for the same grants: `hashicorp/aws`, and `cloudflare/cloudflare` 4 (version 5 renamed what is used here). */
export function policyTerraform({fleet, zones, operator, instances, notes}: FleetPolicies): string {
  const name = `mcd-${fleet}`
  const tokens = [operator.cloudflare, instances.cloudflare].filter(token => token !== undefined)
  const parts = [
    ...notes.map(note => `# ${note}`),
    providers(operator.aws !== undefined || instances.aws !== undefined, tokens.length > 0),
    ...zones.map(zone => block('data', 'aws_route53_zone', identifier(zone), [`name = "${zone}"`])),
    operator.aws &&
      block('resource', 'aws_iam_policy', 'mcd_operator', [
        `name   = "${name}-operator"`,
        `policy = jsonencode(${hcl(operator.aws)})`,
      ]),
    ...(instances.aws ? instanceIdentity(name, instances.aws) : []),
    ...(tokens.length > 0 ? ['data "cloudflare_api_token_permission_groups" "all" {}'] : []),
    ...[...new Set(tokens.flatMap(token => token.zones))].map(zone =>
      block('data', 'cloudflare_zone', identifier(zone), [`name = "${zone}"`]),
    ),
    ...tokens.map(cloudflareToken),
    operator.postgres && ['# PostgreSQL, as an administrator:', ...operator.postgres.statements].join('\n# '),
  ]
  return parts.filter(part => typeof part === 'string').join('\n\n')
}

/** How policyTerraform's documents refer to a zone's id. */
export const terraformZone = (zone: string): string => `\${data.aws_route53_zone.${identifier(zone)}.zone_id}`

function providers(aws: boolean, cloudflare: boolean): string {
  const wanted = [
    ...(aws ? ['    aws = {\n      source = "hashicorp/aws"\n    }'] : []),
    ...(cloudflare
      ? ['    cloudflare = {\n      source  = "cloudflare/cloudflare"\n      version = "~> 4.40"\n    }']
      : []),
  ]
  return ['terraform {', '  required_providers {', ...wanted, '  }', '}'].join('\n')
}

const block = (kind: string, type: string, label: string, lines: readonly string[]): string =>
  [`${kind} "${type}" "${label}" {`, ...lines.map(line => `  ${line}`), '}'].join('\n')

/** JSON is HCL, apart from keys with colons (quoted in both) and `\${`, which is meant here. */
const hcl = (document: PolicyDocument): string => JSON.stringify(document, null, 2).replaceAll('\n', '\n  ')

function instanceIdentity(
  name: string,
  {policy, profiles, keys}: NonNullable<FleetPolicies['instances']['aws']>,
): string[] {
  const trust =
    'jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })'
  const roles = profiles.flatMap(profile => {
    const label = identifier(profile)
    return [
      block('resource', 'aws_iam_role', label, [
        `name               = "${profile}"`,
        `assume_role_policy = ${trust}`,
      ]),
      block('resource', 'aws_iam_role_policy', label, [
        `name   = "${name}-dns"`,
        `role   = aws_iam_role.${label}.id`,
        `policy = jsonencode(${hcl(policy)})`,
      ]),
      block('resource', 'aws_iam_instance_profile', label, [
        `name = "${profile}"`,
        `role = aws_iam_role.${label}.name`,
      ]),
    ]
  })
  if (!keys) return roles
  return [
    ...roles,
    block('resource', 'aws_iam_user', 'mcd_instances', [`name = "${name}-instances"`]),
    block('resource', 'aws_iam_user_policy', 'mcd_instances', [
      `name   = "${name}-dns"`,
      'user   = aws_iam_user.mcd_instances.name',
      `policy = jsonencode(${hcl(policy)})`,
    ]),
    '# The state file holds the secret.\n' +
      block('resource', 'aws_iam_access_key', 'mcd_instances', ['user = aws_iam_user.mcd_instances.name']),
  ]
}

function cloudflareToken({name, permissions, zones}: TokenPolicy): string {
  const ids = permissions.map(
    permission => `data.cloudflare_api_token_permission_groups.all.zone["${permission}"]`,
  )
  return block('resource', 'cloudflare_api_token', identifier(name), [
    `name = "${name}"`,
    'policy {',
    `  permission_groups = [${ids.join(', ')}]`,
    '  resources = {',
    ...zones.map(
      zone => `    "com.cloudflare.api.account.zone.\${data.cloudflare_zone.${identifier(zone)}.id}" = "*"`,
    ),
    '  }',
    '}',
  ])
}
