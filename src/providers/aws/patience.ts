import type {Runtime} from '../../runtime.ts'

/** EC2 may not know for a while what it made a moment ago: begin after a second, grow. Source: "Eventual consistency in the Amazon EC2 API". */
const WAITS_MS = [1_000, 2_000, 4_000, 8_000, 15_000]

/** Does the work again while its failure may only mean "not visible yet". The last failure is thrown. */
export async function patiently<T>(
  runtime: Runtime,
  isTooEarly: (error: unknown) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  for (const waitMs of WAITS_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isTooEarly(error)) throw error
    }
    await runtime.sleep(waitMs)
  }
  return work()
}

/** Looks again while there is nothing to see; the last look counts. */
export async function lookAgain<T>(
  runtime: Runtime,
  isThere: (seen: T) => boolean,
  look: () => Promise<T>,
  waitsMs = [1_000, 3_000],
): Promise<T> {
  for (const waitMs of waitsMs) {
    const seen = await look()
    if (isThere(seen)) return seen
    await runtime.sleep(waitMs)
  }
  return look()
}
