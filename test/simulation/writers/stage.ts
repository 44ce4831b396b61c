import {TransientError} from '../../../src/errors.ts'
import {CloudflareRefusal} from '../../../src/providers/cloudflare/classify.ts'
import {BatchRefusal} from '../../../src/providers/route53/classify.ts'
import {idleHypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import type {Carry} from '../../support/carry.ts'
import {LawBroken} from '../../support/laws.ts'
import {type Figures, noFigures} from './figures.ts'
import {judgeWrite, type Operation} from './laws.ts'
import {Addresses, type Kind, type Machine, NAME, SharedFleet} from './machines.ts'
import {type Picture, pictureOf} from './picture.ts'
import {Scheduler} from './scheduler.ts'

/** How often a request or a reply of ours gets lost, and Route53 is still busy with an earlier change. */
const LOST = 0.005
const BUSY = 0.01

/** One of those who write. `operation` is what one of ours is at. */
export type Writer = {
  readonly name: string
  readonly kind: 'mcd' | 'instance' | 'person'
  operation?: Operation
}

/** A record that is identical or missing, a batch that does not fit what stands there. */
const RACE_CODES = ['81044', '81057', '81058', 'InvalidChangeBatch']
const READS = [
  'listMembers',
  'cloudflare:zones',
  'cloudflare:records',
  'route53:listHostedZonesByName',
  'route53:listResourceRecordSets',
  'route53:getChange',
]

/** A world that writers share, with the laws at its door. */
export class Stage {
  readonly kind: Kind
  readonly vendor: 'cloudflare' | 'route53'
  readonly scheduler: Scheduler
  readonly world: World
  readonly fleets: readonly SharedFleet[]
  readonly addresses: Addresses
  readonly figures: Figures = noFigures()
  /** Every write in its order, for people. */
  readonly trace: string[] = []
  /** How many foreign values people keep under a name: where there are none, the last one to leave empties it. */
  readonly strangers: number
  /** Nothing gets lost any more. */
  isCalm = false

  constructor(kind: Kind, seed: number, addresses: number) {
    this.kind = kind
    this.vendor = kind === 'cloudflare' ? 'cloudflare' : 'route53'
    this.scheduler = new Scheduler(seed)
    const {clock, random} = this.scheduler
    this.world = createWorld({clock, random, hypervisor: idleHypervisor()})
    this.world.route53.policies.set('instances', 'all')
    this.fleets = ['web', 'shop'].map(name => new SharedFleet(name, kind, clock.now))
    this.addresses = new Addresses(addresses, random)
    this.strangers = random() < 0.5 ? 0 : 8
  }

  get picture(): Picture {
    return pictureOf(this.world, this.vendor)
  }

  chance(probability: number): boolean {
    return this.scheduler.random() < probability
  }

  below(limit: number): number {
    return Math.floor(this.scheduler.random() * limit)
  }

  oneOf<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)]
  }

  /** Between a writer and its vendor: the others may come between before each call takes effect, and before its reply is there. */
  carry(writer: Writer): Carry {
    return async (call, send) => {
      if (call === 'dns:query') return send()
      await this.scheduler.point(writer.name)
      const isOurs = writer.kind !== 'person' && !this.isCalm
      if (isOurs && this.chance(LOST)) throw this.#lost(writer, call, 'none')
      if (this.vendor === 'route53' && isOurs && !READS.includes(call) && this.chance(BUSY))
        this.world.route53.rejectNextChanges(this.world.route53.zone('example.com')?.id ?? '', 1)
      const before = this.picture
      const outcome = await send().then(
        value => ({value}),
        (error: unknown) => ({error}),
      )
      this.#note(writer, call, before, 'error' in outcome ? outcome.error : undefined)
      await this.scheduler.point(writer.name)
      if (isOurs && this.chance(LOST)) throw this.#lost(writer, call, 'unknown')
      if ('error' in outcome) throw outcome.error
      return outcome.value
    }
  }

  /** Whether an address answers somebody: a foreign one, or one of ours that is served and that no hold keeps out. */
  #serves(picture: Picture): boolean {
    const items = [...picture.values()]
    const held = new Set(items.flatMap(({value, owner}) => (value.startsWith('out ') ? [owner] : [])))
    const live = new Set(
      this.machines().flatMap(({state, fleet, id, address}) =>
        state === 'running' && !held.has(`${fleet} ${id}`) ? [`${fleet} ${id} ${address}`] : [],
      ),
    )
    return items.some(
      ({name, type, owner, value}) =>
        name === NAME && type === 'A' && (owner === undefined || live.has(`${owner} ${value}`)),
    )
  }

  machines(): Machine[] {
    return this.fleets.flatMap(({machines}) => [...machines.values()])
  }

  #note({name, kind, operation}: Writer, call: string, before: Picture, error: unknown): void {
    const after = this.picture
    const isRead = READS.includes(call)
    if (isRead) this.figures.reads++
    else {
      this.figures.writes++
      this.trace.push(
        `${this.scheduler.steps} ${name} ${operation?.what ?? ''} ${call} ${difference(before, after)}${error === undefined ? '' : ` refused: ${(error as Error).message}`}`,
      )
    }
    if (kind === 'person' || !operation) return
    if (!isRead && operation.hasFailed) this.figures.retries++
    if (!isRead) operation.hasFailed = error !== undefined
    if (isLostRace(error)) this.figures.conflicts++
    operation.calls++
    operation.pictures.push(after)
    if (isRead) operation.readings.push({picture: after, call: operation.calls})
    if (before === after) return
    const comparesNothing = this.vendor === 'cloudflare'
    for (const {callsSinceRead} of judgeWrite(name, operation, before, after, {comparesNothing})) {
      this.figures.windows++
      this.figures.widestWindow = Math.max(this.figures.widestWindow, callsSinceRead)
    }
    this.#judgeEmptiness(name, kind, operation, before, after)
  }

  /** Decision 20: mcd takes no last serving address; where the others leave after it looked, only a shared set can be compared. */
  #judgeEmptiness(
    who: string,
    kind: Writer['kind'],
    operation: Operation,
    before: Picture,
    after: Picture,
  ): void {
    if (addressesIn(after).length > 0 || addressesIn(before).length === 0) return
    if (kind === 'instance') this.figures.leftByThemselves++
    if (kind === 'instance' || !this.#serves(before)) return
    const taken = new Set(addressesIn(before))
    const readings = operation.readings.map(({picture}) => addressesIn(picture).some(key => !taken.has(key)))
    const sawOthers = this.kind === 'simple' ? readings.at(-1) : readings.includes(true)
    if (!sawOthers)
      throw new LawBroken('mcd empties no name', `${who}, ${operation.what}: took ${[...taken].join(', ')}`)
    this.figures.emptiedMeanwhile++
  }

  #lost({operation}: Writer, call: string, effect: 'none' | 'unknown'): TransientError {
    this.figures.lost++
    if (operation && !READS.includes(call)) operation.hasFailed = true
    return new TransientError(`${call} got no answer`, {effect})
  }
}

/** As the adapters read it, and as the script gets it. */
const isLostRace = (error: unknown): boolean =>
  (error instanceof BatchRefusal && error.isLostRace) ||
  (error instanceof CloudflareRefusal && error.codes.some(code => RACE_CODES.includes(String(code)))) ||
  (error instanceof VendorError && RACE_CODES.includes(String(error.code)))

const addressesIn = (picture: Picture): string[] =>
  [...picture.values()].flatMap(({key, name, type}) => (name === NAME && type === 'A' ? [key] : []))

function difference(before: Picture, after: Picture): string {
  const lines = [
    ...[...before.values()]
      .filter(({key, bytes}) => after.get(key)?.bytes !== bytes)
      .map(({bytes}) => `-${bytes}`),
    ...[...after.values()]
      .filter(({key, bytes}) => before.get(key)?.bytes !== bytes)
      .map(({bytes}) => `+${bytes}`),
  ]
  return lines.join(' ')
}
