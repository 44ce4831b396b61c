import {expect, test} from 'vitest'
import {ConflictError} from '../../src/errors.ts'
import type {DnsChange, Member} from '../../src/providers/dns.ts'
import {settle} from '../../src/publish/settle.ts'

const record: Member = {name: 'db1.example.com', type: 'A', value: '192.0.2.1', ttlSeconds: 60}
const step = (standing: readonly Member[]): DnsChange => ({
  create: standing.length > 0 ? [] : [record],
  remove: [],
})

/** A zone in which somebody else is first so many times. */
function contested(times: number) {
  const standing: Member[] = []
  let left = times
  return {
    look: async () => [...standing],
    change: async ({create}: DnsChange) => {
      if (left-- > 0) throw new ConflictError('Somebody else was first.')
      standing.push(...create)
    },
  }
}

test('whoever loses against somebody else looks again, and goes on from there', async () => {
  const zone = contested(2)
  expect(await settle(zone, [], zone.look, step)).toEqual({
    change: {create: [record], remove: []},
    standing: [record],
  })
})

test('who always loses says so', async () => {
  const zone = contested(100)
  await expect(settle(zone, [], zone.look, step)).rejects.toThrow('Somebody else was first.')
})

test('what never comes to rest is given up, and other errors are not tried again', async () => {
  await expect(settle({change: async () => {}}, [], async () => [], step)).rejects.toThrow(ConflictError)
  const broken = async () => {
    throw new TypeError('broken')
  }
  await expect(settle({change: broken}, [], async () => [], step)).rejects.toThrow('broken')
})
