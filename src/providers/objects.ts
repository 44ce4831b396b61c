/** What stands under a key, with the handle by which it can be replaced. */
export type StoredText = {readonly text: string; readonly version: string}

/** What a server's clock said, between these two moments of ours. */
export type ClockReading = {
  readonly askedAtMs: number
  readonly answeredAtMs: number
  readonly theirsMs: number
}

/**
 * A store of small texts under keys, of which the first writer of a key can be told from the second: S3 with conditional
 * writes, or anything that keeps the same promises. Strongly consistent: what was written is read, and listed, at once.
 * Errors and retries as for ComputeProvider; a lost reply may have taken effect.
 */
export type ObjectStore = {
  /** As people know it: `s3://bucket/prefix`. */
  readonly name: string
  /** Its clock by the fastest of its answers so far; absent where it has none of its own. */
  readClock?(): ClockReading | undefined
  get(key: string): Promise<StoredText | undefined>
  /** Every key that begins with `prefix` and sorts after `after`, by the order of their bytes. */
  list(prefix: string, after?: string): Promise<string[]>
  /** Writes the key only where nothing stands. */
  create(key: string, text: string): Promise<'created' | 'exists'>
  /** Writes the key only where this version still stands. */
  replace(key: string, text: string, version: string): Promise<'replaced' | 'changed'>
}
