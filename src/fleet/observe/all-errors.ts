import {InterruptedError, LockedError, McdError} from '../../errors.ts'

/** Waits for all; every mistake is reported, not only the first. */
export async function allOrAllErrors<T extends readonly unknown[]>(
  promises: {
    [Index in keyof T]: Promise<T[Index]>
  },
): Promise<T> {
  const settled = await Promise.allSettled(promises)
  const failures = settled.flatMap(result => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) {
    const known = failures.filter(failure => failure instanceof McdError)
    // A fault of ours is never hidden behind other errors, and what ended the run is what it ends with.
    const alone = failures.find(
      failure =>
        !(failure instanceof McdError) ||
        failure instanceof InterruptedError ||
        failure instanceof LockedError,
    )
    if (alone) throw alone
    throw new McdError([...new Set(known.map(({message}) => message))].join('\n'), {
      suggestions: [...new Set(known.flatMap(({suggestions}) => suggestions))],
      cause: known[0],
    })
  }
  return settled.map(result => (result as PromiseFulfilledResult<unknown>).value) as unknown as T
}
