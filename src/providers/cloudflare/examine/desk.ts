import {InterruptedError, McdError, UnreachableError} from '../../../errors.ts'
import type {Runtime} from '../../../runtime.ts'
import {type CloudflareApi, TIMEOUT_MS} from '../api.ts'
import type {Page} from '../client.ts'

/** What an examination works with. */
export type Desk = CloudflareApi & {
  readonly runtime: Runtime
  readonly token: {
    /** Where it came from: `env:CLOUDFLARE_API_TOKEN`. */
    readonly origin: string
    /** It is the one that mcd itself uses. */
    readonly isOperators: boolean
  }
}

export type Answer<T> = {readonly value: T; readonly error?: undefined} | {readonly error: McdError}

/** What came of a call, or why nothing came of it. Throws UnreachableError, and what ended the run: then nothing else can be asked either. */
export async function ask<T>(
  {call}: Desk,
  name: string,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<Answer<T>> {
  try {
    return {value: await call({name, bucket: 'api', timeoutMs: TIMEOUT_MS}, send)}
  } catch (error) {
    if (!(error instanceof McdError)) throw error
    if (error instanceof UnreachableError || error instanceof InterruptedError) throw error
    return {error}
  }
}

/** The same of a listing, all pages. */
export async function askAll<T>(
  desk: Desk,
  name: string,
  page: (number: number, signal: AbortSignal) => Promise<Page<T>>,
): Promise<Answer<T[]>> {
  const items: T[] = []
  for (let number = 1; ; number++) {
    const answer = await ask(desk, name, signal => page(number, signal))
    if (answer.error) return answer
    items.push(...answer.value.items)
    if (!answer.value.more) return {value: items}
  }
}
