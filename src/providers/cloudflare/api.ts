import type {Runtime} from '../../runtime.ts'
import {atMost, type Caller, createCaller, type Limits} from '../call.ts'
import type {CloudflareClient, Page} from './client.ts'

/** 1,200 requests in five minutes for all of one user's tokens, which the instances' scripts may share. */
const RATE = {burst: 200, perSecond: 3}
export const TIMEOUT_MS = 15_000

/**
 * The client, and beside it what paces its calls and sends them again. They stay two: one attempt at a change is several
 * requests, a reading of what stands there and the batch that follows from it.
 */
export type CloudflareApi = {readonly client: CloudflareClient; readonly call: Caller}

export const cloudflareApi = (
  client: CloudflareClient,
  runtime: Runtime,
  limits: Limits = {},
): CloudflareApi => ({
  client,
  call: createCaller(runtime, 'CloudFlare', {api: atMost(RATE, limits.perSecond)}),
})

/** Every page. */
export async function readAll<T>(page: (number: number) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = []
  for (let number = 1; ; number++) {
    const {items: more, more: unread} = await page(number)
    items.push(...more)
    if (!unread) return items
  }
}
