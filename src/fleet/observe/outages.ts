import {AuthError, UnreachableError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'

/** What was silent is asked again after this: in between, the others go on without waiting for it (law 7). */
const ASK_AGAIN_MS = 30_000

type Unread = {readonly readable: false; readonly why: string}

export type Standing = {
  /** Named in the fleet file; else only the journal knows it. */
  readonly declared: boolean
  /** Recorded by an earlier run, or answered in this one. */
  readonly reachedBefore: boolean
}

/** Reads what may be silent. An outage is remembered for a while; a mistake is thrown. To who only `looks` a refusal is an outage, and kept. */
export function createOutages(runtime: Runtime, {looks = false} = {}) {
  const silent = new Map<string, Unread & {readonly untilMs: number}>()
  const refusals: AuthError[] = []
  const unlessSilent = async <T>(
    key: string,
    standing: () => Standing,
    read: () => Promise<T>,
  ): Promise<T | Unread> => {
    const outage = silent.get(key)
    if (outage && runtime.now() < outage.untilMs) return outage
    try {
      return await read()
    } catch (error) {
      const isRefused = looks && error instanceof AuthError
      if (isRefused) refusals.push(refusedAt(key, error))
      const why = isRefused
        ? `${error.message} "mcd doctor" tells all that it refuses.`
        : toleratedOutage(error, key, standing())
      const unread = {readable: false, why, untilMs: runtime.now() + ASK_AGAIN_MS} as const
      silent.set(key, unread)
      return unread
    }
  }
  return {unlessSilent, refusals}
}

/**
 * An outage of something reached before is that thing's outage alone (law 7), and its text is returned. Anything else
 * (refused credentials, a wrong account, an endpoint nobody ever reached) is a mistake to mend before anything is launched;
 * but for what the file has given up, whose credentials may have gone with it, nothing else need wait. Nor need whoever changes
 * nothing: to the engineer on call, what the others show is worth the more.
 */
function toleratedOutage(error: unknown, key: string, {declared, reachedBefore}: Standing): string {
  if (!declared && (error instanceof AuthError || error instanceof UnreachableError)) return error.message
  if (error instanceof AuthError) throw refusedAt(key, error)
  if (!(error instanceof UnreachableError)) throw error
  if (!reachedBefore && error.effect === 'none') throw error
  return error.message
}

/** A vendor's words tell no place, and a fleet has several, with other credentials each. Who tries out all of them does. */
const refusedAt = (key: string, {message, suggestions, cause}: AuthError): AuthError =>
  new AuthError(message, {
    cause,
    suggestions: [...suggestions, `Run "mcd doctor": it tells all that ${key} refuses.`],
  })
