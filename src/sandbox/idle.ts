import type {CallRecord} from './world/calls.ts'

export type Idle = {
  /** Somebody outside wants something. */
  touch(): void
  forMs(): number
  stop(): void
}

export type IdleOptions = {
  readonly limitMs: number
  now(): number
  /** The vendors' request log, oldest first. */
  requests(): readonly CallRecord[]
  isMachine(address: string): boolean
  ended(): void
}

/** Watches for a sandbox nobody uses any more. What its own machines ask for does not count (decision 40). */
export function watchIdle({limitMs, now, requests, isMachine, ended}: IdleOptions): Idle {
  let touchedAtMs = now()
  const forMs = () => {
    const outside = requests().findLast(request => !isOfMachine(request, isMachine))
    return now() - Math.max(touchedAtMs, outside?.atMs ?? 0)
  }
  const timer = setInterval(
    () => {
      if (forMs() >= limitMs) ended()
    },
    Math.min(limitMs / 4, 30_000),
  )
  return {
    touch() {
      touchedAtMs = now()
    },
    forMs,
    stop: () => clearInterval(timer),
  }
}

/** By its address; where machines have none of their own, by the credentials that only instances have. */
const isOfMachine = (
  {principal: {name, address}}: CallRecord,
  isMachine: (address: string) => boolean,
): boolean =>
  name === 'instances' || name.startsWith('role:') || (address !== undefined && isMachine(address))
