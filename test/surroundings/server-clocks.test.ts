import {afterEach, expect, test, vi} from 'vitest'
import type {Fleet, Group} from '../../src/fleet/model.ts'
import {realRuntime} from '../../src/runtime.ts'
import {readServerClocks} from '../../src/surroundings/server-clocks.ts'

afterEach(() => vi.unstubAllGlobals())

const place = (region: string) => ({
  key: `aws:${region}`,
  provider: 'aws' as const,
  region,
  endpoint: `http://${region}.example.com`,
})
const fleet = {
  groups: ['one', 'two'].map(region => ({place: place(region)}) as Group),
  names: [],
} as unknown as Fleet

test('a server whose answer breaks off is left out, and the others are read', async () => {
  const breaksOff = new ReadableStream({cancel: () => Promise.reject(new Error('other side closed'))})
  vi.stubGlobal('fetch', async (address: string) => {
    const headers = {date: 'Thu, 01 Jan 2026 00:00:00 GMT'}
    return new Response(address.includes('one') ? breaksOff : null, {headers})
  })
  const runtime = {...realRuntime(), now: () => Date.parse('2026-01-01T00:00:10Z')}
  expect(await readServerClocks(fleet, {runtime})).toEqual([
    {of: 'aws:two', server: 'two.example.com', aheadMs: -10_000},
  ])
})
