import type {Heard} from '../providers/retries.ts'

/** One line about each cloud, and another only after this: many calls fail together. */
const QUIET_MS = 10_000

/** Says on stderr which cloud does not answer, and that it is asked again: until it is given up nothing else is seen. */
export function retryTeller(
  write: (line: string) => void = line => void process.stderr.write(`${line}\n`),
): (heard: Heard) => void {
  const toldAtMs = new Map<string, number>()
  return ({service, why, atMs}) => {
    if (atMs - (toldAtMs.get(service) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return
    toldAtMs.set(service, atMs)
    write(`… ${why}; trying again`)
  }
}
