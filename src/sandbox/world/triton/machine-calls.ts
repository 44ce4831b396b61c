import {actionName, applyAction} from './actions.ts'
import type {CallContext} from './call-context.ts'
import {checkMetadata, checkTag, readBlueprint} from './create.ts'
import {checkNameFree, findMachine} from './find.ts'
import {type Params, pageOf, text} from './listing.ts'
import {type AuditEntry, MAX_BODY_BYTES, type MachineView, type Scalar, TOMBSTONE_MS} from './model.ts'
import {
  destructionProtected,
  insufficientCapacity,
  invalidArgument,
  keyRequired,
  notAuthorized,
  notFound,
  tooLarge,
} from './refusal.ts'
import {viewMachine} from './view.ts'

/** The calls on instances, their tags, metadata, audit and NICs. */
export class MachineCalls {
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
  }

  list(params: Params = {}): {machines: MachineView[]; limit: number} {
    return this.#context.call('ListMachines', () => {
      const nowMs = this.#context.dc.core.clock.now()
      const shown = this.#context.dc.machines
        .ofAccount(this.#context.account.login)
        .filter(({visibleAtMs, goneMs = nowMs}) => nowMs >= visibleAtMs && nowMs - goneMs < TOMBSTONE_MS)
      const {machines, limit} = pageOf(shown, params)
      return {machines: machines.map(viewMachine), limit}
    })
  }

  create(params: Params): MachineView {
    return this.#context.call('CreateMachine', effect => {
      if (Buffer.byteLength(JSON.stringify(params)) > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES)
      const {login, cnsEnabled, keys, quota} = this.#context.account
      if (keys.length === 0) throw keyRequired()
      const blueprint = readBlueprint(params, this.#context.dc.stock, cnsEnabled)
      if (blueprint.name !== undefined) checkNameFree(this.#context, blueprint.name)
      const owned = this.#context.dc.machines
        .ofAccount(login)
        .filter(({goneMs}) => goneMs === undefined).length
      if (owned >= quota)
        throw notAuthorized(
          `Quota exceeded; to have your limits raised, please contact support (${quota} instances)`,
        )
      const room = this.#context.dc.room(blueprint.package.name)
      if (room === 'refused') throw insufficientCapacity()
      if (blueprint.brand === 'bhyve' || blueprint.brand === 'kvm')
        blueprint.metadata.root_authorized_keys ??= keys.map(({key}) => key).join('\n')
      const fate = room === 'room' ? 'running' : 'failed'
      const machine = this.#context.dc.machines.provision(login, blueprint, this.#context.caller, fate)
      effect(`create instance ${machine.id} ${machine.name}`)
      return viewMachine(machine)
    })
  }

  /** 410 comes with the last state of a destroyed instance, not with an error. */
  get(id: string): {status: 200 | 410; machine: MachineView} {
    return this.#context.call('GetMachine', () => {
      const machine = findMachine(this.#context, id)
      return {status: machine.state === 'deleted' ? 410 : 200, machine: viewMachine(machine)}
    })
  }

  /** Accepted, not done. Again while the job runs: 204 too; afterwards 410. */
  delete(id: string): {status: 204} | {status: 410; machine: MachineView} {
    return this.#context.call('DeleteMachine', effect => {
      const machine = findMachine(this.#context, id)
      if (machine.state === 'deleted') return {status: 410, machine: viewMachine(machine)}
      if (machine.deletionProtection) throw destructionProtected()
      if (!machine.destroying) {
        this.#context.dc.machines.destroy(machine, this.#context.caller)
        effect(`delete instance ${id}`)
      }
      return {status: 204}
    })
  }

  /** start, stop, reboot, rename, resize and the firewall and protection switches: accepted now, done later. */
  act(id: string, params: Params): void {
    const action = text(params.action)
    this.#context.call(actionName(action), effect => {
      const machine = findMachine(this.#context, id)
      if (machine.state === 'deleted') throw notFound(`VM ${id} not found`)
      applyAction(this.#context, machine, action, params)
      effect(`${action} instance ${id}`)
    })
  }

  getTags(id: string): Record<string, Scalar> {
    return this.#context.call('ListMachineTags', () => ({...findMachine(this.#context, id).tags}))
  }

  getTag(id: string, key: string): Scalar {
    return this.#context.call('GetMachineTag', () => {
      const value = findMachine(this.#context, id).tags[key]
      if (value === undefined) throw notFound(`tag ${key} not found`)
      return value
    })
  }

  /** Answers with the tags as they will be: the job shows with delay. */
  setTags(id: string, given: Params, how: 'merge' | 'replace'): Record<string, Scalar> {
    return this.#context.call(how === 'merge' ? 'AddMachineTags' : 'ReplaceMachineTags', effect => {
      const machine = findMachine(this.#context, id)
      const tags = Object.fromEntries(
        Object.entries(given).map(([key, value]) => [key, checkTag(key, value)]),
      )
      this.#context.dc.machines.change(
        machine,
        how === 'merge' ? 'set_tags' : 'replace_tags',
        this.#context.caller,
        () => {
          machine.tags = how === 'merge' ? {...machine.tags, ...tags} : tags
        },
      )
      effect(`tag instance ${id}`)
      return how === 'merge' ? {...machine.tags, ...tags} : tags
    })
  }

  deleteTags(id: string, key?: string): void {
    this.#context.call(key === undefined ? 'DeleteMachineTags' : 'DeleteMachineTag', effect => {
      const machine = findMachine(this.#context, id)
      if (key !== undefined && !(key in machine.tags)) throw notFound(`tag ${key} not found`)
      this.#context.dc.machines.change(machine, 'remove_tags', this.#context.caller, () => {
        machine.tags = key === undefined ? {} : without(machine.tags, key)
      })
      effect(`untag instance ${id}`)
    })
  }

  getMetadata(id: string): Record<string, string> {
    return this.#context.call('ListMetadata', () => ({...findMachine(this.#context, id).metadata}))
  }

  getMetadataKey(id: string, key: string): string {
    return this.#context.call('GetMetadata', () => {
      const value = findMachine(this.#context, id).metadata[key]
      if (value === undefined) throw notFound(`${key} is not metadata`)
      return value
    })
  }

  addMetadata(id: string, given: Params): Record<string, string> {
    return this.#context.call('AddMetadata', effect => {
      const machine = findMachine(this.#context, id)
      const metadata: Record<string, string> = {}
      for (const [key, value] of Object.entries(given)) {
        const checked = checkMetadata(key, value)
        if (checked !== undefined) metadata[key] = checked
      }
      this.#context.dc.machines.change(machine, 'set_metadata', this.#context.caller, () => {
        machine.metadata = {...machine.metadata, ...metadata}
      })
      effect(`set metadata of instance ${id}`)
      return {...machine.metadata, ...metadata}
    })
  }

  deleteMetadata(id: string, key?: string): void {
    this.#context.call(key === undefined ? 'DeleteAllMetadata' : 'DeleteMetadata', effect => {
      const machine = findMachine(this.#context, id)
      if (key === 'root_authorized_keys' || key === 'credentials')
        throw invalidArgument(`Metadata key ${key} can not be deleted`)
      if (key !== undefined && !(key in machine.metadata)) throw notFound(`metadata ${key} not found`)
      this.#context.dc.machines.change(machine, 'remove_metadata', this.#context.caller, () => {
        const {root_authorized_keys: kept} = machine.metadata
        machine.metadata =
          key !== undefined
            ? without(machine.metadata, key)
            : kept === undefined
              ? {}
              : {root_authorized_keys: kept}
      })
      effect(`delete metadata of instance ${id}`)
    })
  }

  getAudit(id: string): AuditEntry[] {
    return this.#context.call('GetAudit', () => [...findMachine(this.#context, id).audit])
  }

  listNics(id: string): MachineView['nics'] {
    return this.#context.call('ListNics', () => viewMachine(findMachine(this.#context, id)).nics)
  }
}

function without<Value>(record: Record<string, Value>, key: string): Record<string, Value> {
  const {[key]: _gone, ...rest} = record
  return rest
}
