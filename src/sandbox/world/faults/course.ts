import type {Call} from '../calls.ts'
import type {VendorError} from '../vendor-error.ts'
import {BROKEN, ConnectionLost, denied, noRoom, THROTTLED} from './answers.ts'
import type {FaultKind} from './kinds.ts'
import type {StandingFault} from './standing.ts'

/** Where a request ends that is never answered. */
type Loss = ConnectionLost | 'silence'

/** What becomes of one request: every fault it meets, in the order in which a request passes them. */
export type Course = {
  /** On its way here. */
  readonly waits: StandingFault[]
  /** It does not get here. */
  cut?: Loss
  /** It is answered with an answer of before. */
  stale?: {readonly answer: unknown}
  /** The vendor refuses it, before any effect. */
  refusal?: VendorError | undefined
  /** Room for the instances of a launch. */
  room: number
  /** How long what it makes stays unseen. */
  lateMs?: number | undefined
  /** What the machines of a launch may meet. */
  readonly fates: StandingFault[]
  /** The vendor fails after the effect. */
  failure?: VendorError
  /** The answer is held on its way back. */
  readonly held: StandingFault[]
  /** The answer does not get back. */
  lost?: Loss
}

export const plainCourse = (): Course => ({
  waits: [],
  room: Number.POSITIVE_INFINITY,
  fates: [],
  held: [],
})

type Finish = {
  /** An older answer to the same question. */
  past(olderThanMs: number): {answer: unknown} | undefined
}

/** Adds what one fault does. Returns false when it finds nothing to do: then it has not fired. */
export function befall(course: Course, fault: StandingFault, call: Call, {past}: Finish): boolean {
  // A request that ends here meets nothing that waits further on.
  if (course.cut || course.stale || course.refusal) return false
  const doesNotComeBack = course.failure !== undefined || course.lost !== undefined
  const {service} = call
  const kind: FaultKind = fault.kind
  switch (kind) {
    case 'delay':
    case 'hold-before':
      course.waits.push(fault)
      return true
    case 'outage':
      course.cut = new ConnectionLost('ECONNREFUSED')
      return true
    case 'reset':
      course.cut = new ConnectionLost('ECONNRESET')
      return true
    case 'timeout':
      course.cut = 'silence'
      return true
    case 'stale': {
      const answered = past(fault.ms ?? 0)
      if (answered) course.stale = answered
      return answered !== undefined
    }
    case 'throttle':
      course.refusal = THROTTLED[service]()
      return true
    case 'error':
      course.refusal = BROKEN[service]()
      return true
    case 'denied':
      course.refusal = denied(call)
      return true
    case 'wrong-clock':
      // Met before a call is named, where its signature is looked at.
      return false
    case 'capacity':
      course.refusal = noRoom(service)
      return true
    case 'partial-fill':
      course.room = Math.min(course.room, fault.count)
      return true
    case 'invisible':
      course.lateMs = Math.max(course.lateMs ?? 0, fault.ms ?? 0)
      return true
    case 'slow-boot':
    case 'machine-dies':
    case 'machine-unhealthy':
      // Fires once for each machine.
      course.fates.push(fault)
      return false
    case 'error-after':
      if (!doesNotComeBack) course.failure = BROKEN[service]()
      return !doesNotComeBack
    case 'hold-after':
      course.held.push(fault)
      return true
    case 'lost-reply':
      if (!doesNotComeBack) course.lost = new ConnectionLost('ECONNRESET')
      return !doesNotComeBack
    case 'timeout-after':
      if (!doesNotComeBack) course.lost = 'silence'
      return !doesNotComeBack
    default:
      return kind satisfies never
  }
}
