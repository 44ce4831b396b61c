import type {Call, Service} from '../calls.ts'
import type {Clock} from '../clock.ts'
import type {Hypervisor} from '../hypervisor.ts'
import {checkOrder} from './check-order.ts'
import {befall, type Course, plainCourse} from './course.ts'
import {type FaultOrder, type FaultReport, reads} from './kinds.ts'
import {PastAnswers} from './past-answers.ts'
import {StandingFault} from './standing.ts'
import {readTarget, type Target} from './target.ts'

/** What a machine meets that a fault struck at its launch. */
export type Fate = {
  /** How long it boots, where that is not as usual. */
  readonly bootMs?: number
  /** Fails while it is launched; with a time, halts so long after it booted. */
  readonly dies?: {readonly afterMs: number | undefined}
}

/** What runs already, and may be struck by its id. */
export type Running = Pick<Hypervisor, 'setServing'> & {
  /** The id of the running instance that is meant: by its id, or as Triton's tools and mcd shorten it, by its first eight digits. */
  running(id: string): string | undefined
  /** The guest halts by itself. */
  halt(id: string): void
}

/** One request on its way through the world. */
type Passage = {
  readonly question: string
  readonly arrivedAtMs: number
  call?: Call
  /** A clock that was looked at for it is counted once. */
  metClock?: true
  /** Set once it has knocked and met a fault. */
  course?: Course
}

/** Thrown at a request that has met a fault: whoever carries it brings it back when its time has come. */
class Postponed extends Error {
  override name = 'Postponed'
}
export const isPostponed = (error: unknown): boolean => error instanceof Postponed

/**
 * The faults in force, for the simulation in memory and for the sandbox's wire alike.
 *
 * A transport hands each request over with `carry`. The request knocks at the world, which names the call; when it meets
 * faults it is turned away there, waits or gets lost as they say, and is brought back in its time. Nobody needs to be
 * waiting for the answer then: a request outlives its sender.
 */
export class FaultPlan {
  readonly #clock: Clock
  readonly #past = new PastAnswers()
  #standing: StandingFault[] = []
  #machines: Running | undefined
  #nextId = 1
  #passage: Passage | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on instances can be struck while they run. */
  strikeAmong(machines: Running): void {
    this.#machines = machines
  }

  /** Throws UsageError for an order that can never fire. */
  add(asked: FaultOrder): FaultReport {
    const machine = this.#machines?.running(asked.target)
    const order = {...asked, target: machine ?? asked.target}
    const target = machine === undefined ? readTarget(order.target) : NO_CALLS
    checkOrder(order, machine === undefined ? target : undefined)
    const fault = new StandingFault(String(this.#nextId++), order, target, this.#clock.now())
    this.#standing.push(fault)
    if (machine !== undefined) this.#strike(fault, machine)
    return fault.report()
  }

  /** Those that have fired as often as they should are listed until they are cleared. */
  list(): FaultReport[] {
    return this.#standing.map(fault => fault.report())
  }

  /** One, or all. What they held goes on: requests take effect, answers go out, sick machines recover. Returns how many there were. */
  clear(id?: string): number {
    const cleared = this.#standing.filter(fault => id === undefined || fault.id === id)
    this.#standing = this.#standing.filter(fault => !cleared.includes(fault))
    for (const fault of cleared) {
      fault.release()
      for (const id of fault.struck) if (!this.isSick(id)) this.#machines?.setServing(id, true)
    }
    return cleared.length
  }

  /**
   * Carries one request to the world and its answer back. `serve` does so at once and synchronously, and may be called
   * twice; `question` tells equal requests of a sender apart from others. Throws ConnectionLost, and never settles where
   * no answer comes.
   */
  async carry<T>(question: string, serve: () => T): Promise<T> {
    const passage: Passage = {question, arrivedAtMs: this.#clock.now()}
    const knock = this.#within(passage, serve)
    const {course, call} = passage
    if (!course) {
      if (call && 'value' in knock && reads(call.action))
        this.#past.keep(questionOf(passage), knock.value, passage.arrivedAtMs)
      return answer(knock)
    }
    for (const fault of course.waits) await this.#wait(fault)
    if (course.cut) return lose(course.cut)
    if (course.stale) return course.stale.answer as T
    const served = this.#within(passage, serve)
    for (const fault of course.held) await fault.held()
    return course.lost ? lose(course.lost) : answer(served)
  }

  /**
   * A call enters the world. `arrive` is called once for each request. Requests that nobody carries (somebody sets a scene)
   * meet no faults. Throws what `isPostponed` knows.
   */
  admit(call: Call, arrive: () => void): Course {
    const passage = this.#passage
    if (passage?.course) return passage.course
    arrive()
    const course = plainCourse()
    if (!passage) return course
    passage.call = call
    const nowMs = this.#clock.now()
    const past = (olderThanMs: number) => this.#past.before(questionOf(passage), nowMs - olderThanMs)
    let meetsSome = false
    for (const fault of this.#standing) {
      if (!fault.meets(call, nowMs)) continue
      const didFire = befall(course, fault, call, {past})
      if (didFire) fault.fired++
      meetsSome ||= didFire || course.fates.includes(fault)
    }
    if (!meetsSome) return course
    passage.course = course
    throw new Postponed()
  }

  // What the world asks while it serves a call

  /** What a service's own clock showed when the request now served was sent: a signature is held against it. */
  clockOf(service: Service): number {
    const sentAtMs = this.#passage?.arrivedAtMs ?? this.#clock.now()
    const fault = this.#standing.find(each => each.isClockOf(service))
    if (!fault) return sentAtMs
    if (this.#passage && !this.#passage.metClock) {
      this.#passage.metClock = true
      fault.fired++
    }
    return sentAtMs + (fault.ms ?? 0)
  }

  /** How long what is made now takes to show, where it usually takes `usualMs`. */
  late(usualMs: number): number {
    return this.#passage?.course?.lateMs ?? usualMs
  }

  /** How many instances the launch now served gets at most. */
  get room(): number {
    return this.#passage?.course?.room ?? Number.POSITIVE_INFINITY
  }

  /** Of a new machine of the launch now served. */
  drawFate(id: string): Fate | undefined {
    let fate: Fate | undefined
    for (const fault of this.#passage?.course?.fates ?? []) {
      if (!fault.isArmed) continue
      fault.fired++
      if (fault.kind === 'slow-boot') fate = {...fate, ...(fault.ms !== undefined && {bootMs: fault.ms})}
      else if (fault.kind === 'machine-dies') fate = {...fate, dies: {afterMs: fault.ms}}
      else fault.struck.add(id)
    }
    return fate
  }

  /** Whether this machine answers no health check, at whichever boot. */
  isSick(id: string): boolean {
    return this.#standing.some(({kind, struck}) => kind === 'machine-unhealthy' && struck.has(id))
  }

  #strike(fault: StandingFault, id: string): void {
    fault.fired++
    fault.struck.add(id)
    if (fault.kind === 'machine-unhealthy') this.#machines?.setServing(id, false)
    else void this.#clock.after(fault.ms ?? 0, () => this.#machines?.halt(id))
  }

  #within<T>(passage: Passage, serve: () => T): Outcome<T> {
    const outer = this.#passage
    this.#passage = passage
    try {
      return {value: serve()}
    } catch (error) {
      return {error}
    } finally {
      this.#passage = outer
    }
  }

  #wait(fault: StandingFault): Promise<void> {
    if (fault.kind === 'hold-before') return fault.held()
    return fault.delayed(new Promise(resolve => void this.#clock.after(fault.ms ?? 0, resolve)))
  }
}

type Outcome<T> = {readonly value: T} | {readonly error: unknown}

function answer<T>(outcome: Outcome<T>): T {
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

function lose(loss: NonNullable<Course['cut']>): Promise<never> {
  if (loss !== 'silence') throw loss
  return new Promise(() => {})
}

const questionOf = ({question, call}: Passage): string => `${call?.principal.name} ${question}`

/** Of a machine that is struck by its id: no call has to come. */
const NO_CALLS: Target = {isWholeVendor: false, calls: [], includes: () => false}
