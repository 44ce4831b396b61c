import {readFileSync} from 'node:fs'
import type {Surroundings} from '../providers/registry.ts'
import {Secret} from '../secret.ts'
import type {Sandbox} from './running.ts'

/** What makes the production adapters talk to a sandbox instead: its endpoints and credentials. */
export function sandboxSurroundings({
  endpoints,
  credentials: {aws, triton, cloudflare},
}: Sandbox): Required<Pick<Surroundings, 'sandbox'>> {
  const own = (value: string) => new Secret(value, 'sandbox')
  return {
    sandbox: {
      nameServers: endpoints.dns,
      aws: {endpoint: endpoints.aws, eucalyptus: endpoints.eucalyptus, credentials: aws},
      triton: {
        url: endpoints.triton,
        account: triton.account,
        keyId: triton.keyId,
        key: own(readFileSync(triton.keyFile, 'utf8')),
      },
      cloudflare: {baseUrl: endpoints.cloudflare, apiToken: own(cloudflare.apiToken)},
    },
  }
}
