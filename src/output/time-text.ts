import {momentText} from '../moment-text.ts'

/** `2026-01-01 12:00:00`, UTC: for tables that say so once. */
export const dateText = (ms: number): string => momentText(ms).slice(0, 19)

/** `12:00:00`, UTC. */
export const timeText = (ms: number): string => dateText(ms).slice(11)

const SECOND_MS = 1_000
const MINUTE_MS = 60_000

/** How long something took, as exactly as it matters: `40ms`, `1.4s`, `12s`, `3m05s`, `2h10m`, `4d02h`. */
export function spanText(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))}ms`
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)}s`
  const seconds = Math.round(ms / SECOND_MS)
  if (seconds < 60) return `${seconds}s`
  if (ms < 60 * MINUTE_MS) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`
  const minutes = Math.round(ms / MINUTE_MS)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)}d${pad(hours % 24)}h`
}

const pad = (amount: number): string => String(amount).padStart(2, '0')
