import PQueue from 'p-queue'
import {AuthError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {Secret} from '../../secret.ts'
import {atMost, createCaller, type Limits} from '../call.ts'
import type {Place} from '../compute.ts'
import {type Client, createClient} from './client.ts'
import {insecureFetch} from './insecure-fetch.ts'
import {loadProfile, type TritonProfile} from './profile.ts'
import {loadSigner, type Signer} from './sign.ts'
import {type ApiReply, httpTransport, type Transport} from './transport.ts'

export type JoyentComputeOptions = {
  readonly place: Place
  readonly runtime: Runtime
  /** In place of the environment's and the triton CLI's profiles. */
  readonly profile?: TritonProfile
  /** The private key as PEM text, in place of agent and ~/.ssh. */
  readonly key?: Secret
  readonly signer?: Signer
  readonly limits?: Limits
  readonly fetch?: typeof fetch
  /** In place of signed HTTP: a data centre in memory. */
  readonly transport?: Transport
}

/** What one user may ask of CloudAPI (sapi_manifests/cloudapi/template). */
const RATE = {burst: 30, perSecond: 10}
const CONCURRENCY = 10

/** Calls in flight at once. */
export const concurrencyOf = ({limits}: JoyentComputeOptions): number => limits?.concurrency ?? CONCURRENCY

/** A client of the place's CloudAPI. Profile and key are read now, and nothing is sent. `hear` gets every reply. Throws AuthError. */
export async function connect(
  options: JoyentComputeOptions,
  hear: (reply: ApiReply) => void = () => {},
): Promise<{client: Client; url: string}> {
  const {place, runtime, limits} = options
  const caller = createCaller(runtime, 'CloudAPI', {account: atMost(RATE, limits?.perSecond)})
  const {transport, url} = options.transport
    ? {transport: options.transport, url: place.endpoint ?? place.key}
    : await overHttp(options)
  const queue = new PQueue({concurrency: concurrencyOf(options)})
  const send: Transport = async request => {
    const reply = await queue.add(() => transport(request))
    hear(reply)
    return reply
  }
  return {client: createClient(send, caller, url), url}
}

/** Signed HTTP to the place's endpoint, or to the one of its profile. Throws AuthError. */
async function overHttp({
  place,
  runtime,
  profile = loadProfile(place),
  signer,
  key,
  fetch,
}: JoyentComputeOptions): Promise<{transport: Transport; url: string}> {
  const url = place.endpoint ?? profile.url
  if (!URL.canParse(url)) throw new AuthError(`"${url}" is not the address of a CloudAPI.`)
  const sign = signer ?? (await loadSigner({profile, runtime, ...(key ? {key} : {})}))
  const send = fetch ?? (profile.insecure ? insecureFetch : globalThis.fetch)
  return {url, transport: httpTransport({profile: {...profile, url}, sign, fetch: send, now: runtime.now})}
}

/** By the endpoint, in what ListDatacenters answers; where the cloud does not list this endpoint, the endpoint's host. */
export function datacenterName(centres: Readonly<Record<string, string>>, url: string): string {
  const [only, ...others] = Object.keys(centres)
  const named = Object.entries(centres).find(([, its]) => hostOf(its) === hostOf(url))?.[0]
  return named ?? (others.length === 0 ? only : undefined) ?? hostOf(url)
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? url
