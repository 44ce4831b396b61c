import {formatDuration} from '../duration.ts'
import type {Finding} from '../providers/examine.ts'

/** One server's time against ours. */
export type ClockReading = {
  /** Host of the address that answered. */
  readonly server: string
  /** The place or the zone that it serves. */
  readonly of: string
  /** Positive where it is ahead of this machine. */
  readonly aheadMs: number
}

/** AWS takes a signature for five minutes around its date (IAM User Guide), CloudAPI for 300 s (its reference). */
const TOLERANCE_MS = 300_000
/** Early enough to say so before it matters. */
const WORTH_A_WARNING_MS = 60_000
/** A Date header counts whole seconds, and was under way for a while. */
const ROUGHLY_MS = 5_000

export type ClockVerdict = {
  readonly findings: readonly Finding[]
  /** Places and zones that refuse every signature of this machine: whatever else they were asked says nothing. */
  readonly refusing: ReadonlySet<string>
}

/** Pure. Who agrees is told in one line, and so are those that do not. */
export function judgeClocks(readings: readonly ClockReading[]): ClockVerdict {
  const refusing = readings.filter(({aheadMs}) => Math.abs(aheadMs) > TOLERANCE_MS)
  const drifting = readings.filter(
    reading => !refusing.includes(reading) && Math.abs(reading.aheadMs) > WORTH_A_WARNING_MS,
  )
  const agreeing = readings.filter(reading => !refusing.includes(reading) && !drifting.includes(reading))
  return {
    refusing: new Set(refusing.map(({of}) => of)),
    findings: [
      ...(refusing.length > 0
        ? [
            {
              check: 'clock' as const,
              subject: serversOf(refusing),
              outcome: 'failed' as const,
              detail: `${gap(refusing)}: they refuse every signature that is more than ${formatDuration(TOLERANCE_MS)} off, so nothing else of theirs was looked at.`,
              remedy: remedy(agreeing.length > 0),
            },
          ]
        : []),
      ...(drifting.length > 0
        ? [
            {
              check: 'clock' as const,
              subject: serversOf(drifting),
              outcome: 'warning' as const,
              detail: `${gap(drifting)}; from ${formatDuration(TOLERANCE_MS)} on they refuse every signature.`,
              remedy: remedy(agreeing.length > 0),
            },
          ]
        : []),
      ...(agreeing.length > 0
        ? [
            {
              check: 'clock' as const,
              subject: serversOf(agreeing),
              outcome: 'ok' as const,
              detail: 'Their clocks and that of this machine agree.',
            },
          ]
        : []),
    ],
  }
}

const serversOf = (readings: readonly ClockReading[]): string =>
  [...new Set(readings.map(({server}) => server))].join(', ')

function gap(readings: readonly ClockReading[]): string {
  const [worst] = readings.toSorted((a, b) => Math.abs(b.aheadMs) - Math.abs(a.aheadMs))
  const aheadMs = worst?.aheadMs ?? 0
  const by = formatDuration(Math.round(Math.abs(aheadMs) / ROUGHLY_MS) * ROUGHLY_MS)
  return `This machine's clock is ${by} ${aheadMs > 0 ? 'behind' : 'ahead of'} theirs`
}

const remedy = (someAgree: boolean): string =>
  someAgree
    ? 'Look at the clock of these servers, or at what stands between: others agree with this machine.'
    : 'Set this machine\'s clock right, for example with "timedatectl set-ntp true", and keep it so.'
