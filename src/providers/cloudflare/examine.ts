import {McdError, UnreachableError} from '../../errors.ts'
import type {Secret} from '../../secret.ts'
import type {ExamineDns, Finding} from '../examine.ts'
import {cloudflareApi} from './api.ts'
import {type CloudflareClient, cloudflareClient} from './client.ts'
import type {CloudflareOptions} from './dns.ts'
import type {Desk} from './examine/desk.ts'
import {examineForInstances} from './examine/for-instances.ts'
import {examineForOperator} from './examine/for-operator.ts'
import {checkToken} from './token.ts'

/** Looks at one zone with calls that cannot change anything. `env` is where the operator's own token may stand. */
export function examineCloudflare(options: CloudflareOptions, env = process.env): ExamineDns {
  const {apiToken, baseUrl, fetch, limits, runtime} = options
  let client: CloudflareClient
  try {
    const {concurrency} = limits ?? {}
    client = cloudflareClient({apiToken: checkToken(apiToken), baseUrl, fetch, concurrency})
  } catch (error) {
    return async () => [brokenToken(apiToken, error)]
  }
  const desk: Desk = {
    ...cloudflareApi(client, runtime, limits),
    runtime,
    token: {origin: apiToken.origin, isOperators: apiToken.reveal() === env.CLOUDFLARE_API_TOKEN},
  }
  return async needs => {
    try {
      return await (needs.forInstances
        ? examineForInstances(desk, needs, needs.forInstances.zoneId)
        : examineForOperator(desk, needs))
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error
      return [unreached(needs.zone, error)]
    }
  }
}

function unreached(subject: string, {message, suggestions}: McdError): Finding {
  const [remedy = 'Check the network.'] = suggestions
  return {check: 'reach', subject, outcome: 'failed', detail: message, remedy}
}

function brokenToken({origin}: Secret, error: unknown): Finding {
  const {message, suggestions} = error instanceof McdError ? error : new McdError(String(error))
  return {
    check: 'settings',
    subject: `API token (${origin})`,
    outcome: 'failed',
    detail: message,
    remedy: suggestions[0] ?? 'Create an API token.',
  }
}
