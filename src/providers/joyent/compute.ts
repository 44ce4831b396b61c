import {RefusedError} from '../../errors.ts'
import {type ComputeCapabilities, type ComputeProvider, type Described, no, yes} from '../compute.ts'
import type {Client} from './client.ts'
import {concurrencyOf, connect, datacenterName, type JoyentComputeOptions} from './connect.ts'
import {toDescribed} from './convert.ts'
import {ensureRule, listPieces} from './firewall.ts'
import {createLauncher, type Launcher} from './launch.ts'
import {resolveWish} from './resolve.ts'
import {createTerminator} from './terminate.ts'
import {createWatch, type Watch} from './watch.ts'

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
  const {place, runtime} = options
  const concurrency = concurrencyOf(options)
  let opening: Promise<Opened> | undefined
  let naming: Promise<string> | undefined

  const open = () => {
    opening ??= begin().catch(error => {
      opening = undefined
      throw error
    })
    return opening
  }

  async function begin(): Promise<Opened> {
    const {client, url} = await connect(options)
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
      centres => datacenterName(centres, url),
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
      if ('reasons' in resolved) throw new RefusedError(resolved.reasons.map(({text}) => text))
      return resolved.target
    },

    listInstances: async fleet => (await open()).watch.listInstances(fleet),

    async describe(made) {
      const {client} = await open()
      const found: Described[] = []
      await sideBySide([...made], concurrency, async ([id, mark]) => {
        const machine = await client.getMachine(id)
        const described = machine && toDescribed(machine, place.key, mark)
        if (described) found.push(described)
      })
      return found
    },

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
