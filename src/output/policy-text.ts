import type {PolicyDocument} from '../policy/document.ts'
import type {FleetPolicies, TokenPolicy} from '../policy/fleet-policies.ts'
import type {PostgresGrants} from '../policy/state.ts'

/** For a person who fills in forms: who needs what, the documents whole. */
export function policyText({operator, instances, notes}: FleetPolicies): string {
  const sections = [
    awsSection('IAM policy of whoever runs mcd', operator.aws),
    tokenSection('CloudFlare API token of whoever runs mcd', operator.cloudflare),
    postgresSection(operator.postgres),
    awsSection(`IAM policy of the instances${carriers(instances.aws)}`, instances.aws?.policy),
    tokenSection('CloudFlare API token of the instances (dns.instanceCredentials)', instances.cloudflare),
    notes.map(note => `- ${note}`).join('\n'),
  ]
  return sections.filter(Boolean).join('\n\n')
}

const postgresSection = (grants: PostgresGrants | undefined): string =>
  grants ? [`# PostgreSQL, the role that runs mcd (${grants.where})`, ...grants.statements].join('\n') : ''

function carriers(aws: FleetPolicies['instances']['aws']): string {
  if (!aws) return ''
  const roles = aws.profiles.length > 0 ? [`the role of ${aws.profiles.join(', ')}`] : []
  const users = aws.keys ? ['the user whose keys are in dns.instanceCredentials'] : []
  return ` (on ${[...roles, ...users].join(' and ')})`
}

const awsSection = (title: string, document: PolicyDocument | undefined): string =>
  document ? `# ${title}\n${JSON.stringify(document, null, 2)}` : ''

const tokenSection = (title: string, token: TokenPolicy | undefined): string =>
  token
    ? `# ${title}\npermissions: ${token.permissions.map(name => `Zone > ${name}`).join(', ')}\nzones: ${token.zones.join(', ')}`
    : ''
