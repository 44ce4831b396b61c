import type {Sandbox} from './running.ts'

/** What other clients (the AWS CLI, Terraform, the `triton` CLI, curl) read to find the sandbox. */
export function sandboxEnvironment({endpoints, credentials}: Sandbox): Record<string, string> {
  const {aws, cloudflare, triton} = credentials
  return {
    AWS_ENDPOINT_URL: endpoints.aws,
    AWS_ACCESS_KEY_ID: aws.accessKeyId,
    AWS_SECRET_ACCESS_KEY: aws.secretAccessKey,
    AWS_REGION: aws.region,
    AWS_DEFAULT_REGION: aws.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    CLOUDFLARE_BASE_URL: endpoints.cloudflare,
    CLOUDFLARE_API_TOKEN: cloudflare.apiToken,
    TRITON_PROFILE: 'env',
    TRITON_URL: endpoints.triton,
    TRITON_ACCOUNT: triton.account,
    TRITON_KEY_ID: triton.keyId,
    SDC_URL: endpoints.triton,
    SDC_ACCOUNT: triton.account,
    SDC_KEY_ID: triton.keyId,
    // Triton's clients look for the key in an agent or in ~/.ssh, which is the user's own.
    ...(triton.agentSocket && {SSH_AUTH_SOCK: triton.agentSocket}),
  }
}

/** What would outrank the above where the user has it set for the real clouds. */
const OUTRANKING_VARIABLES: readonly string[] = [
  'AWS_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL_EC2',
  'AWS_ENDPOINT_URL_ROUTE_53',
  'AWS_ENDPOINT_URL_SERVICE_QUOTAS',
  'AWS_ENDPOINT_URL_SSM',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'CLOUDFLARE_API_KEY',
  'CLOUDFLARE_EMAIL',
  'TRITON_USER',
  'TRITON_ROLE',
  'TRITON_ACT_AS',
  'SDC_USER',
]

/** The triton CLI ends with an error where this is missing, also when its key is in an agent. */
const ENSURE_SSH_FOLDER = '[ -z "${HOME-}" ] || [ -d "$HOME/.ssh" ] || mkdir -m 700 "$HOME/.ssh"'

/**
 * The AWS CLI before 2.13 and 1.29 (Debian 12's is 2.9) knows no AWS_ENDPOINT_URL: it would turn to the real AWS.
 * Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
const OLD_AWS_CLI = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'

/** Lines for `eval` in a POSIX shell. */
export function shellLines(environment: Readonly<Record<string, string>>): string {
  const exports = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  )
  return [`unset ${OUTRANKING_VARIABLES.join(' ')}`, ...exports, OLD_AWS_CLI, ENSURE_SSH_FOLDER].join('\n')
}
