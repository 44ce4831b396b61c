import {createHash} from 'node:crypto'
import {McdError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {canonicalJson} from '../desire/spec.ts'
import type {Desired} from '../desired.ts'
import type {Fleet} from '../model.ts'
import type {Outside} from '../outside.ts'
import type {Difference} from '../status/report.ts'
import {idOf} from './owe.ts'

/**
 * Drift is what the world did by itself: the fleet was found to be as its file says, no run began to change anything since,
 * the file says the same still, and yet records or instances are other ones now. So what a first `up` brings, a scale, an
 * edited file, a run that fell short or was killed is none: there, nothing of the kind was ever true.
 */
export function driftOf(
  {settled}: Recorded,
  wish: string | undefined,
  differences: readonly Difference[],
  {takeovers = []}: Pick<Desired, 'takeovers'>,
): Difference[] {
  if (settled === undefined || settled.wish !== wish) return []
  // A group that grows for a silent one is short of what it never had.
  const follows = takeovers.length > 0 ? GROWTH : NONE
  return differences.filter(
    ({kind, server}) => BY_ITSELF.has(kind) && server === undefined && !follows.has(kind),
  )
}

/** The kinds of differences that come about without mcd. What is unknown is none of them (law 6), nor what only takes its time. */
const BY_ITSELF = new Set([
  'missing-instance',
  'surplus-instance',
  'stopped',
  'unhealthy',
  'not-registered',
  'network',
  'missing-in-dns',
  'missing-definition',
  'missing-hold',
  'missing-mark',
  'unwanted-in-dns',
  'dead-record',
  'duplicate-record',
  'stale-hold',
  'foreign-record',
  'unknown-instance',
  'unmarked',
  'wrong-value',
  'wrong-proxied',
  'wrong-ttl',
  'wrong-mark',
  'wrong-weight',
  'wrong-routing',
])
const GROWTH = new Set(['missing-instance', 'surplus-instance'])
const NONE: ReadonlySet<string> = new Set()

/**
 * A hash of what the file asks the world to be; secrets are in it by name. Undefined where the userdata cannot be made out,
 * so that nobody can tell whether it changed.
 */
export function wishOf(
  {dns, service, groups, names}: Fleet,
  userdata: Outside['userdata'],
): string | undefined {
  try {
    const wish = {
      dns,
      service,
      groups: groups.map(group => ({...group, userdata: userdata.spec(group)})),
      names: names.map(({instanceCredentials: _, ...name}) => name),
    }
    return createHash('sha256').update(canonicalJson(wish)).digest('hex').slice(0, 16)
  } catch (error) {
    if (error instanceof McdError) return undefined
    throw error
  }
}

/** The same as long as the same differs since the same converged run, whoever finds it and how often. */
export const driftId = (
  {name, dns}: Pick<Fleet, 'name' | 'dns'>,
  {settled}: Recorded,
  differences: readonly Difference[],
): string => idOf('drift-found', [name, dns, settled, differences.map(factsOf).sort()])

/** How an unhealthy instance answers, and the command that mends it, may be another one each time. */
const factsOf = ({kind, instance, group, name, text}: Difference): string =>
  [kind, instance, group, name, kind === 'unhealthy' ? '' : text].join('\n')
