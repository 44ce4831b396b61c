import type {Place} from '../../providers/compute.ts'
import {normaliseEndpoint} from './values.ts'

type PlaceWords = Pick<Place, 'provider'> & {
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
  readonly profile?: string | undefined
}

/**
 * The name a place has in the journal. It comes from the file alone: what the environment adds (a current Triton profile,
 * AWS_ENDPOINT_URL) may differ from run to run, and the account recorded for the place tells when it did (decision 5).
 * A profile that goes with a region or an endpoint is no part of it, so that naming the profile later moves nothing.
 */
export function placeKey({provider, region, endpoint, profile}: PlaceWords): string {
  const url = endpoint === undefined ? undefined : (normaliseEndpoint(endpoint) ?? endpoint)
  if (provider === 'aws') return `aws:${url ?? region ?? ''}`
  if (url !== undefined) return `joyent:${URL.parse(url)?.host ?? url}`
  return profile === undefined ? 'joyent:default' : `joyent:profile:${profile}`
}
