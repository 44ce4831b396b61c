import {TransientError} from '../../../src/errors.ts'
import {markToSetIdentifier} from '../../../src/mark.ts'
import type {ChangeInput} from '../../../src/sandbox/world/route53/change-input.ts'
import type {RecordSet} from '../../../src/sandbox/world/route53/record-set.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import type {Carry} from '../../support/carry.ts'
import {type Machine, TTL_SECONDS} from './machines.ts'
import {Never, NotNow, type Own, type VendorScript} from './script.ts'
import type {SharedScript} from './script-shared.ts'
import type {Stage} from './stage.ts'

const instances = {name: 'instances'}

/** route53_call: rejects with NotNow, or with the refusal. */
export class Route53Calls {
  readonly #stage: Stage
  readonly #carry: Carry
  readonly #zone: string

  constructor(stage: Stage, carry: Carry) {
    this.#stage = stage
    this.#carry = carry
    this.#zone = stage.world.route53.zone('example.com')?.id ?? ''
  }

  /** route53_sets */
  async sets(name: string, type: string, identifier = '', maxItems = 300): Promise<readonly RecordSet[]> {
    const sets = await this.from(name, type, maxItems, identifier)
    return sets.filter(set => set.name === `${name}.` && set.type === type)
  }

  async from(name: string, type: string, maxItems: number, identifier = ''): Promise<readonly RecordSet[]> {
    const query = {name: `${name}.`, type, maxItems: String(maxItems), ...(identifier && {identifier})}
    const {sets} = await this.#asked('listResourceRecordSets', () =>
      this.#stage.world.route53.listRecordSets(instances, this.#zone, query),
    )
    return sets
  }

  change(changes: readonly ChangeInput[]): Promise<unknown> {
    return this.#asked('changeResourceRecordSets', () =>
      this.#stage.world.route53.changeRecordSets(instances, this.#zone, changes),
    )
  }

  async #asked<T>(call: string, work: () => T): Promise<T> {
    try {
      return await this.#carry(`route53:${call}`, async () => work())
    } catch (error) {
      if (error instanceof TransientError) throw new NotNow()
      if (error instanceof VendorError && error.code === 'PriorRequestNotComplete') throw new NotNow()
      throw error
    }
  }
}

/** dns/route53.sh, call by call; `host` is entered together with the name. */
export function route53Script(
  calls: Route53Calls,
  {fleet, id}: Machine,
  name: string,
  host?: string,
): VendorScript {
  const mark = markToSetIdentifier({fleet, instance: id})
  /** route53_set */
  const setOf = (action: string, at: string, address: string, ttlSeconds: number): ChangeInput => ({
    action,
    recordSet: {
      name: `${at}.`,
      type: 'A',
      setIdentifier: mark,
      multiValueAnswer: true,
      ttlSeconds,
      values: [address],
    },
  })
  const change = (...of: Parameters<typeof setOf>) => calls.change([setOf(...of)])
  const standing = async (at: string) => {
    const [set] = await calls.sets(at, 'A', mark, 1).catch(never)
    return set?.setIdentifier === mark ? set : undefined
  }
  return {
    async isHeld() {
      const sets = await calls.sets(`_mcd.${name}`, 'TXT').catch(never)
      return sets.some(({values = []}) => values.includes(`"out ${id}"`))
    },
    async own(at): Promise<Own> {
      const set = await standing(at)
      return (set?.values ?? []).slice(0, 1).map(address => ({address, id: String(set?.ttlSeconds)}))
    },
    async create(at, address) {
      const names = at === name && host !== undefined ? [at, host] : [at]
      await calls.change(names.map(each => setOf('UPSERT', each, address, TTL_SECONDS))).catch(never)
    },
    async remove(at, entered, keep) {
      // There is one set, and creating it replaced what was.
      if (keep !== undefined) return
      try {
        await change('DELETE', at, entered, TTL_SECONDS)
      } catch (error) {
        if (!(error instanceof VendorError && error.code === 'InvalidChangeBatch')) return never(error)
        const set = await standing(at)
        const [address] = set?.values ?? []
        if (address !== undefined && set?.ttlSeconds !== undefined)
          await change('DELETE', at, address, set.ttlSeconds).catch(never)
      }
    },
  }
}

/** The same for a name with simple routing. */
export function simpleScript(
  calls: Route53Calls,
  machine: Machine,
  name: string,
  shared: SharedScript,
): VendorScript {
  return {
    ...route53Script(calls, machine, name),
    own: async () => (await shared.look(machine.address)).held.map(address => ({address, id: ''})),
    create: (_at, address) => shared.swap(address),
    // What came replaced what was.
    remove: async (_at, _entered, keep) => (keep === undefined ? shared.swap('') : undefined),
  }
}

export function never(error: unknown): never {
  throw error instanceof VendorError ? new Never() : error
}
