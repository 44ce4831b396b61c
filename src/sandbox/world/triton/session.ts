import type {CallContext} from './call-context.ts'
import {FirewallCalls} from './firewall-calls.ts'
import {type Params, text} from './listing.ts'
import {MachineCalls} from './machine-calls.ts'
import type {Image, Network, Package, SshKey} from './model.ts'
import {RbacCalls} from './rbac-calls.ts'
import {missingParameter, notFound} from './refusal.ts'
import {iso} from './view.ts'

/**
 * CloudAPI as one authenticated caller has it: one method per call, in CloudAPI's own shapes, without HTTP. Throws
 * VendorError where CloudAPI refuses.
 */
export class Session {
  readonly machines: MachineCalls
  readonly firewall: FirewallCalls
  readonly rbac: RbacCalls
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
    this.machines = new MachineCalls(context)
    this.firewall = new FirewallCalls(context)
    this.rbac = new RbacCalls(context)
  }

  getAccount() {
    const {id, login, createdMs, cnsEnabled} = this.#context.account
    return this.#context.call('GetAccount', () => ({
      id,
      login,
      email: `${login}@example.com`,
      companyName: 'mcd sandbox',
      firstName: login,
      lastName: '',
      triton_cns_enabled: cnsEnabled,
      created: iso(createdMs),
      updated: iso(createdMs),
    }))
  }

  listKeys(): SshKey[] {
    return this.#context.call('ListKeys', () => this.#context.account.keys)
  }

  createKey(params: Params): SshKey {
    return this.#context.call('CreateKey', effect => {
      const key = text(params.key)
      if (!key) throw missingParameter('key is a required argument')
      const created = this.#context.account.addKey(key, {name: text(params.name)})
      effect(`create key ${created.name}`)
      return created
    })
  }

  getKey(name: string): SshKey {
    return this.#context.call('GetKey', () => this.#context.account.getKey(name))
  }

  deleteKey(name: string): void {
    this.#context.call('DeleteKey', effect => {
      this.#context.account.removeKey(name)
      effect(`delete key ${name}`)
    })
  }

  listImages(params: Params = {}): Image[] {
    return this.#context.call('ListImages', () => {
      const state = text(params.state) ?? 'active'
      const fields = ['name', 'os', 'version', 'public', 'owner', 'type'] as const
      return this.#context.dc.stock.images.filter(
        image =>
          (state === 'all' || image.state === state) &&
          fields.every(field => params[field] === undefined || String(image[field]) === text(params[field])),
      )
    })
  }

  getImage(id: string): Image {
    return this.#context.call('GetImage', () => {
      const image = this.#context.dc.stock.images.find(one => one.id === id)
      if (!image) throw notFound('image not found')
      return image
    })
  }

  listPackages(params: Params = {}): Package[] {
    return this.#context.call('ListPackages', () => {
      const fields = ['name', 'version', 'group', 'memory', 'disk', 'swap', 'lwps', 'vcpus'] as const
      return this.#context.dc.stock.packages.filter(pkg =>
        fields.every(
          field =>
            params[field] === undefined || wildcard(text(params[field]) ?? '').test(String(pkg[field])),
        ),
      )
    })
  }

  getPackage(idOrName: string): Package {
    return this.#context.call('GetPackage', () => {
      const pkg = this.#context.dc.stock.packages.find(({id, name}) => id === idOrName || name === idOrName)
      if (!pkg) throw notFound(`${idOrName} does not exist`)
      return pkg
    })
  }

  listNetworks(): Network[] {
    return this.#context.call('ListNetworks', () =>
      this.#context.dc.stock.networks.map(({member: _hidden, ...network}) => network),
    )
  }

  getNetwork(id: string): Network {
    return this.#context.call('GetNetwork', () => {
      const network = this.#context.dc.stock.networks.find(one => one.id === id)
      if (!network) throw notFound(`${id} does not exist`)
      const {member: _hidden, ...shown} = network
      return shown
    })
  }

  /** Name to URL; the caller fills in the URL under which it serves this data centre. */
  listDatacenters(url: string): Record<string, string> {
    return this.#context.call('ListDatacenters', () => ({[this.#context.dc.name]: url}))
  }

  /** Only what the plugin provision_limits knows; nothing without a quota. Instances are counted where `by` names nothing else. */
  listLimits(): {value: number; used: number}[] {
    const {quota, login} = this.#context.account
    return this.#context.call('ListProvisioningLimits', () => {
      const owned = this.#context.dc.machines.ofAccount(login).filter(({goneMs}) => goneMs === undefined)
      return Number.isFinite(quota) ? [{value: quota, used: owned.length}] : []
    })
  }
}

/** `*` stands for anything, as in package filters. */
function wildcard(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split('*')
      .map(part => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  )
}
