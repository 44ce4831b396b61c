const UNIT_MS = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000} as const
const UNITS = Object.keys(UNIT_MS) as (keyof typeof UNIT_MS)[]

/**
 * Milliseconds of `500ms`, `5s`, `2m`, `1h30m` or `1.5h`; undefined for anything else. A bare number is refused: whoever
 * writes 60 may mean seconds or milliseconds, and a drain of the wrong one costs requests.
 */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d))+$/.test(text)) return undefined
  let totalMs = 0
  let smallest = Number.POSITIVE_INFINITY
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|s|m|h|d)/g)) {
    const unitMs = UNIT_MS[unit as keyof typeof UNIT_MS]
    // Each unit once, from large to small: `5m5m` and `5s2h` are slips of the hand.
    if (unitMs >= smallest) return undefined
    smallest = unitMs
    totalMs += Number(amount) * unitMs
  }
  return Math.round(totalMs)
}

/** The shortest spelling that parses back: `1h30m`, `5s`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = Math.round(ms)
  let text = ''
  for (const unit of UNITS.toReversed()) {
    const amount = Math.floor(rest / UNIT_MS[unit])
    if (amount > 0) text += `${amount}${unit}`
    rest -= amount * UNIT_MS[unit]
  }
  return text
}
