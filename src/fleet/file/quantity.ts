const GIB = 2 ** 30
const BYTES = {GB: 1e9, GiB: GIB, TB: 1e12, TiB: 1024 * GIB} as const

/**
 * Whole GiB of `20GB`, `20GiB`, `1TB` or `1TiB`, rounded up, since volumes come in whole GiB and a smaller one might not
 * hold what was asked for; undefined for anything else.
 */
export function parseSizeGib(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?) ?(GB|GiB|TB|TiB)$/.exec(text)
  if (!match) return undefined
  return Math.ceil((Number(match[1]) * BYTES[match[2] as keyof typeof BYTES]) / GIB)
}

const SECONDS = {s: 1, m: 60, h: 3_600} as const

/** Calls per second of `5/s`, `300/m` or `1200/h`; undefined for anything else. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?\/ ?(s|m|h)$/.exec(text)
  if (!match) return undefined
  return Number(match[1]) / SECONDS[match[2] as keyof typeof SECONDS]
}

const LARGEST_BATCH = 10_000

/** `3` or `25%` of a group; undefined for anything else. */
export function parseBatch(text: string): {count: number} | {percent: number} | undefined {
  const [, amount, sign] = /^([1-9]\d{0,4})(%?)$/.exec(text) ?? []
  const number = Number(amount)
  if (amount === undefined || number > (sign === '' ? LARGEST_BATCH : 100)) return undefined
  return sign === '' ? {count: number} : {percent: number}
}
