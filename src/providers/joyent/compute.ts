import PQueue from 'p-queue'
import {AuthError, RefusedError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {Secret} from '../../secret.ts'
import {atMost, createCaller, type Limits} from '../call.ts'
import {type ComputeCapabilities, type ComputeProvider, no, type Place, yes} from '../compute.ts'
import {type Client, createClient} from './client.ts'
import {ensureRule, listPieces} from './firewall.ts'
import {insecureFetch} from './insecure-fetch.ts'
import {createLauncher, type Launcher} from './launch.ts'
import {loadProfile, type TritonProfile} from './profile.ts'
import {resolveWish} from './resolve.ts'
import {loadSigner, type Signer} from './sign.ts'
import {createTerminator} from './terminate.ts'
import {httpTransport, type Transport} from './transport.ts'
import {createWatch, type Watch} from './watch.ts'

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

const CAPABILITIES: ComputeCapabilities = {
  zones: no('a Triton data centre has no zones: a soft affinity rule spreads a fleet over its servers'),
  batchLaunch: no('CloudAPI makes one instance per call: mcd sends the calls side by side'),
  launchToken: no('CloudAPI takes no client token: mcd looks for the launch mark before it sends again'),
  spot: no('Triton has no spot instances'),
  disk: no('on Triton the package decides the disk'),
  deletionProtection: yes,
  bootLog: no(
    'CloudAPI has no console output: run "triton ssh <instance> cat /var/log/cloud-init-output.log"',
  ),
  // Half as much again may be lost to JSON's escapes before a request reaches its 100,000 bytes.
  userdataMaxBytes: 64 * 1024,
  userdataGzip: false,
}

type Opened = {
  client: Client
  url: string
  launch: Launcher
  end: (id: string) => Promise<void>
  watch: Watch
}

/** Instances on Joyent Triton, in one data centre, through CloudAPI. Nothing is read or loaded before the first call. */
export function joyentCompute(options: JoyentComputeOptions): ComputeProvider {
  const {place, runtime, limits = {}} = options
  const concurrency = limits.concurrency ?? CONCURRENCY
  let opening: Promise<Opened> | undefined
  let naming: Promise<string> | undefined

  const open = () => {
    opening ??= connect().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }

  async function connect(): Promise<Opened> {
    const caller = createCaller(runtime, 'CloudAPI', {
      account: atMost(RATE, limits.perSecond),
    })
    const {transport, url} = options.transport
      ? {transport: options.transport, url: place.endpoint ?? place.key}
      : await overHttp(options)
    const queue = new PQueue({concurrency})
    const client = createClient(request => queue.add(() => transport(request)), caller, url)
    const end = createTerminator(client, runtime)
    return {
      client,
      url,
      end,
      watch: createWatch(client, place.key),
      launch: createLauncher({client, runtime, place: place.key, concurrency, end}),
    }
  }

  /** The data centre's own name; where the cloud does not list this endpoint, the endpoint's host. */
  async function datacenter(): Promise<string> {
    const {client, url} = await open()
    naming ??= client.listDatacenters().then(
      centres =>
        Object.entries(centres).find(([, its]) => hostOf(its) === hostOf(url))?.[0] ??
        onlyName(centres) ??
        hostOf(url),
      error => {
        naming = undefined
        throw error
      },
    )
    return naming
  }

  return {
    place,
    capabilities: CAPABILITIES,

    async identify() {
      const {client} = await open()
      const [{login, id}, name] = await Promise.all([client.getAccount(), datacenter()])
      return `${login} (${id}) in ${name}`
    },

    async resolveLaunch(wish) {
      const {client} = await open()
      const [name, images, packages, networks] = await Promise.all([
        datacenter(),
        client.listImages(),
        client.listPackages(),
        wish.networks.length > 0 ? client.listNetworks() : [],
      ])
      const resolved = resolveWish(wish, {datacenter: name, images, packages, networks})
      if ('reasons' in resolved) throw new RefusedError(resolved.reasons)
      return resolved.target
    },

    listInstances: async fleet => (await open()).watch.listInstances(fleet),

    async launch(order) {
      const {launch, watch} = await open()
      const receipt = await launch(order)
      watch.launched(receipt.instances)
      return receipt
    },

    async terminate(ids) {
      const {end, watch} = await open()
      await sideBySide(ids, concurrency, async id => {
        await end(id)
        watch.ending([id])
      })
    },

    async ensureNetwork(wish) {
      if (wish.open.length > 0) await ensureRule((await open()).client, runtime, place.key, wish)
      // Rules select instances by tag: a launch needs no ids.
      return []
    },

    async listNetwork(fleet) {
      const pieces = await listPieces((await open()).client, place.key)
      return pieces.filter(piece => piece.fleet === fleet)
    },

    async removeNetwork(piece) {
      await (await open()).client.deleteRule(piece.id)
      return 'removed'
    },

    bootLog: async () => undefined,
  }
}

async function overHttp({
  place,
  runtime,
  profile = loadProfile(place),
  signer,
  key,
  fetch,
}: JoyentComputeOptions) {
  const url = place.endpoint ?? profile.url
  if (!URL.canParse(url)) throw new AuthError(`"${url}" is not the address of a CloudAPI.`)
  const sign = signer ?? (await loadSigner({profile, runtime, ...(key ? {key} : {})}))
  const send = fetch ?? (profile.insecure ? insecureFetch : globalThis.fetch)
  return {url, transport: httpTransport({profile: {...profile, url}, sign, fetch: send, now: runtime.now})}
}

/** All of them, so many at a time. The first error is thrown when everything under way has ended. */
async function sideBySide<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items]
  const errors: unknown[] = []
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      await work(item).catch(error => void errors.push(error))
  }
  await Promise.all(Array.from({length: Math.min(concurrency, items.length)}, worker))
  if (errors.length > 0) throw errors[0]
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? url

function onlyName(centres: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(centres)
  return names.length === 1 ? names[0] : undefined
}
