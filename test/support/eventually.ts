/** Polls until `probe` gives something other than undefined, false or an error; fails with its last word after `deadlineMs`. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  {deadlineMs = 60_000, everyMs = 25} = {},
): Promise<Exclude<T, undefined | null | false>> {
  const endsAtMs = Date.now() + deadlineMs
  let last: unknown = 'it never held'
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== null && answer !== false)
        return answer as Exclude<T, undefined | null | false>
    } catch (error) {
      last = error
    }
    if (Date.now() > endsAtMs)
      throw new Error(`not within ${deadlineMs} ms: ${last instanceof Error ? last.message : last}`, {
        cause: last,
      })
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}
