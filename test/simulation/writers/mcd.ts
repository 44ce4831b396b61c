import {ConflictError, UnreachableError, UsageError} from '../../../src/errors.ts'
import {othersStay} from '../../../src/fleet/apply/others-stay.ts'
import {checkEmptiness} from '../../../src/fleet/guards.ts'
import type {Fleet} from '../../../src/fleet/model.ts'
import {createObserver} from '../../../src/fleet/observe/observe.ts'
import type {Observed} from '../../../src/fleet/observed.ts'
import type {Outside} from '../../../src/fleet/outside.ts'
import {type Action, isReady} from '../../../src/fleet/plan/action.ts'
import {plan} from '../../../src/fleet/plan/plan.ts'
import type {ComputeProvider} from '../../../src/providers/compute.ts'
import type {DnsChange, DnsProvider, Member, Zone} from '../../../src/providers/dns.ts'
import {desired} from '../../support/fleet-builder.ts'
import {LawBroken} from '../../support/laws.ts'
import {worldCloudflareDns} from '../../support/world-cloudflare.ts'
import {worldRoute53Dns} from '../../support/world-route53.ts'
import {operation} from './laws.ts'
import type {SharedFleet} from './machines.ts'
import type {Item, Picture} from './picture.ts'
import type {Stage, Writer} from './stage.ts'

/** A pass that met a conflict is made anew from what stands there then. */
const PASSES = 6

type Goal = {readonly kind: 'up'} | {readonly kind: 'down'; readonly instances: readonly string[]}

/**
 * One mcd process: the engine's own look and plan, of which it carries out what concerns DNS, through the adapters as they are. It
 * shares its fleet's journal with the others, and holds no lease: what the lease would keep apart meets here.
 */
export class Mcd {
  readonly writer: Writer
  readonly #stage: Stage
  readonly #fleet: SharedFleet
  readonly #dns: DnsProvider

  constructor(stage: Stage, fleet: SharedFleet, number: number) {
    this.#stage = stage
    this.#fleet = fleet
    this.writer = {name: `mcd ${fleet.fleet.name} ${number}`, kind: 'mcd'}
    const runtime = stage.scheduler.runtime(this.writer.name)
    const carry = stage.carry(this.writer)
    this.#dns =
      stage.vendor === 'cloudflare'
        ? worldCloudflareDns(stage.world, runtime, undefined, carry)
        : worldRoute53Dns(stage.world, runtime, undefined, carry)
  }

  /** One operation: the names as they should be, or somebody out of them for good. */
  async act(): Promise<void> {
    const victim = this.#stage.oneOf(
      [...this.#fleet.machines.values()].filter(({state}) => state === 'running'),
    )
    if (this.#stage.chance(0.25) && victim) await this.run({kind: 'down', instances: [victim.id]})
    else await this.run({kind: 'up'})
  }

  async run(goal: Goal): Promise<void> {
    for (let pass = 1; pass <= PASSES; pass++) {
      try {
        if (await this.#pass(goal)) return
      } catch (error) {
        if (error instanceof UsageError) {
          this.#stage.figures.refusedToEmpty++
          return
        }
        // Somebody who runs it again later finds what it left.
        if (error instanceof UnreachableError) return
        if (!(error instanceof ConflictError)) throw error
      }
    }
  }

  /** Whether nothing was left to do. */
  async #pass(goal: Goal): Promise<boolean> {
    const {recorded} = this.#fleet
    const what = goal.kind === 'up' ? 'up' : `down ${goal.instances.join()}`
    this.writer.operation = operation(what, () => false)
    const observer = createObserver(this.#outside(), this.#fleet.fleet, () => recorded)
    const observed = await observer.look({settleHealth: true})
    const zone = [...observed.zones.values()][0]
    if (!zone) throw new UnreachableError('The zone could not be read.')
    const wanted = desired(this.#declared(observed), {goal})
    const found = plan(wanted, recorded, observed, this.writer.name)
    checkEmptiness(wanted, observed, found, {allowEmpty: false})
    const ready = found.actions.filter(isReady).filter(isOfDns)
    for (const action of ready) await this.#change(what, zone, action, observed)
    return ready.length === 0
  }

  /** The file counts whoever stays: nobody is launched here, and nobody is one too many. */
  #declared({places}: Observed): Fleet {
    const {fleet, recorded} = this.#fleet
    const seen = [...places.values()].flatMap(place => (place.readable ? place.instances : []))
    const staying = seen.filter(({id, state}) => state !== 'gone' && !recorded.leaving.has(id))
    return {...fleet, groups: fleet.groups.map(group => ({...group, count: staying.length}))}
  }

  async #change(what: string, zone: Zone, action: DnsAction, observed: Observed): Promise<void> {
    const {create, remove} = action
    const change: DnsChange = {
      create,
      remove,
      ...(othersStay(observed, this.#stage.vendor, {create, remove}) && {othersStay: true}),
    }
    const leaving = action.kind === 'deregister' ? action.leaving : []
    const key = `${this.#stage.vendor}/${zone.name}`
    const before = this.writer.operation
    const now = operation(`${what}: ${action.key}`, item => isNamed(change, item))
    now.readings.push(...(before?.readings ?? []))
    now.calls = now.lookedUntil = before?.calls ?? 0
    this.writer.operation = now
    const step = `${this.writer.name} ${this.#stage.scheduler.steps}`
    this.#fleet.append({type: 'intent', step, what: {kind: 'change-dns', zone: key, change, leaving}})
    const receipt = await this.#dns.change(zone, change)
    this.#fleet.append({type: 'outcome', step, result: {kind: 'done', receipt}})
    requireDone(this.writer.name, change, now.pictures)
    for (const id of leaving) {
      const machine = this.#fleet.machines.get(id)
      if (machine) machine.isDoomed = true
    }
  }

  /** What the engine's look asks of the outside: the cloud, the zone, and whether they serve. */
  #outside(): Outside {
    const {scheduler} = this.#stage
    const listed = async <T>(answer: () => T): Promise<T> => {
      await scheduler.point(this.writer.name)
      const value = answer()
      await scheduler.point(this.writer.name)
      return value
    }
    const cloud: Pick<ComputeProvider, 'identify' | 'listInstances' | 'describe' | 'listNetwork'> = {
      identify: async () => 'account',
      listInstances: () => listed(() => this.#fleet.listing()),
      describe: marks =>
        listed(() =>
          this.#fleet
            .listing()
            .filter(({id}) => marks.has(id))
            .map(each => ({...each, lacks: []})),
        ),
      listNetwork: async () => [],
    }
    const outside: Pick<Outside, 'runtime' | 'compute' | 'dns' | 'probe'> = {
      runtime: scheduler.runtime(this.writer.name),
      compute: () => cloud as ComputeProvider,
      dns: () => this.#dns,
      probe: async ({address}) => {
        const serves = this.#stage
          .machines()
          .some(each => each.address === address && each.state === 'running' && each.serves)
        return serves ? {ok: true} : {ok: false, why: 'connection refused'}
      },
    }
    return outside as Outside
  }
}

type DnsAction = Action & {kind: 'register' | 'deregister'}

const isOfDns = (action: Action): action is DnsAction =>
  action.kind === 'register' || action.kind === 'deregister'

/** Whether a change names this value, or the value that this entry of a companion speaks of. */
function isNamed({create, remove}: DnsChange, {name, type, value, owner, about}: Item): boolean {
  const isSame = (member: Member) =>
    about
      ? member.type === about.type && member.value === about.value
      : member.name === name && member.type === type && member.value === value
  // In a shared set an address that passed from another instance of the fleet passes with its entry.
  const inherits = ({mark, routing}: Member) =>
    routing === 'simple' && owner?.startsWith(`${mark?.fleet} `) === true
  return (
    create.some(member => isSame(member) && (owner === ownerOf(member) || inherits(member))) ||
    remove.some(member => isSame(member) && owner === ownerOf(member))
  )
}

const ownerOf = ({mark}: Member): string | undefined => mark && `${mark.fleet} ${mark.instance}`

/** A change that says it is done was done at one moment at least: each of its calls saw the zone as it then was. */
function requireDone(who: string, {create, remove}: DnsChange, pictures: readonly Picture[]): void {
  const isThere = (member: Member, picture: Picture) =>
    [...picture.values()].some(
      ({key, name, type, value, owner}) =>
        name === member.name &&
        type === member.type &&
        value === member.value &&
        // Where records have ids, one that was made anew is another one.
        (member.ref === undefined || member.ref.startsWith('{') || member.ref === key) &&
        // A value of a shared set that stands there counts, whoever made it.
        (owner === ownerOf(member) || type === 'SRV' || type === 'PTR' || member.routing === 'simple'),
    )
  const renewed = new Set(create.map(({name, value}) => `${name} ${value}`))
  const missing = create.filter(member => !pictures.some(picture => isThere(member, picture)))
  const left = remove.filter(
    member =>
      !renewed.has(`${member.name} ${member.value}`) && pictures.every(picture => isThere(member, picture)),
  )
  const wrong = [
    ...missing.map(({type, value}) => `${type} ${value} never stood there`),
    ...left.map(({type, value}) => `${type} ${value} never left`),
  ]
  if (wrong.length > 0) throw new LawBroken('what is done is done', `${who}: ${wrong.join(', ')}`)
}
