import {describe, expect} from 'vitest'
import {AuthError, ConflictError, UnreachableError, ZoneNotFoundError} from '../../src/errors.ts'
import type {DnsProvider, Member} from '../../src/providers/dns.ts'
import {type Harness, rulesOf} from './play.ts'
import type {DnsProbe, DnsScenarios, MemberKey} from './scenarios.ts'

export type DnsHarness = Harness<DnsProvider, DnsScenarios, DnsProbe>

/** Every promise of src/providers/dns.ts, once. What each scenario holds stands in scenarios.ts. */
export function describeDns(name: string, harness: DnsHarness): void {
  describe(`dns contract: ${name}`, () => {
    const rule = rulesOf(harness)

    describe('zones', () => {
      rule('zone', 'is found by its name', async ({provider, facts: {zone}}) => {
        const found = await provider.findZone(zone.name)
        expect({...found, nameServers: [...found.nameServers].sort()}).toEqual({
          ...zone,
          nameServers: [...zone.nameServers].sort(),
        })
      })
      rule('unknown-zone', 'an unknown one is a ZoneNotFoundError', async ({provider, facts}) => {
        await expect(provider.findZone(facts.name)).rejects.toThrow(ZoneNotFoundError)
      })
    })

    describe('listing', () => {
      rule(
        'empty-name',
        'nothing under a name is an empty list',
        async ({provider, facts: {zone, names}}) => {
          expect(await provider.listMembers(zone, names)).toEqual([])
        },
      )
      rule(
        'members',
        'every value under exactly these names, with its mark; foreign ones without',
        async ({provider, facts}) => {
          expectMembers(await provider.listMembers(facts.zone, facts.names), facts.members)
        },
      )
      rule('pages', 'reads every page, each value once', async ({provider, facts}) => {
        const listed = await provider.listMembers(facts.zone, facts.names)
        expect(listed.map(({value}) => value).sort()).toEqual([...facts.values].sort())
      })
      rule('page-fails', 'a page that fails fails the listing', async ({provider, facts: {zone, names}}) => {
        await expect(provider.listMembers(zone, names)).rejects.toThrow(UnreachableError)
      })
      rule('throttled', 'waits when throttled, then reads', async ({provider, facts}) => {
        expectMembers(await provider.listMembers(facts.zone, facts.names), facts.members)
      })
      rule(
        'wrong-credentials',
        'refused credentials are an AuthError',
        async ({provider, facts: {zone, names}}) => {
          await expect(provider.listMembers(zone, names)).rejects.toThrow(AuthError)
        },
      )
      rule(
        'unreachable',
        'a dead endpoint is an UnreachableError, never an empty list',
        async ({provider, facts: {zone, names}}) => {
          await expect(provider.listMembers(zone, names)).rejects.toThrow(UnreachableError)
        },
      )
    })

    describe('changing', () => {
      const lands = async (
        {provider, facts, probe}: Parameters<Parameters<typeof rule<'change'>>[2]>[0],
        times = 1,
      ) => {
        const {zone, names, create} = facts
        const foreign = await probe?.foreign()
        const before = await provider.listMembers(zone, names)
        const remove = pick(before, facts.remove)
        for (let time = 0; time < times; time++) {
          const receipt = await provider.change(zone, {create, remove})
          expect(receipt.id).not.toBe('')
        }
        const after = await provider.listMembers(zone, names)
        expectMembers(after, [...before.filter(member => !remove.includes(member)), ...create])
        expect(await probe?.foreign()).toBe(foreign)
      }
      rule('change', 'adds and removes exactly these, in one change', scene => lands(scene))
      rule('change-repeated', 'the same change again is fine', scene => lands(scene, 2))
      rule('change-reply-lost', 'a lost reply neither loses nor doubles a change', scene => lands(scene))
      rule('change-throttled', 'waits when throttled, then changes once', scene => lands(scene))
      rule('change-large', 'is split as the vendor needs it', scene => lands(scene))

      rule(
        'create-ours',
        'what stands with our mark counts as created',
        async ({provider, facts: {zone, names, create}}) => {
          const before = await provider.listMembers(zone, names)
          await provider.change(zone, {create, remove: []})
          expectMembers(await provider.listMembers(zone, names), before)
        },
      )
      rule(
        'create-foreign',
        'a foreign value in our place is a ConflictError and stays',
        async ({provider, facts, probe}) => {
          const {zone, names, create} = facts
          const foreign = await probe?.foreign()
          const before = await provider.listMembers(zone, names)
          await expect(provider.change(zone, {create, remove: []})).rejects.toThrow(ConflictError)
          expectMembers(await provider.listMembers(zone, names), before)
          expect(await probe?.foreign()).toBe(foreign)
        },
      )
      rule(
        'remove-changed',
        'what somebody changed since is a ConflictError, and nothing is changed',
        async ({provider, facts}) => {
          const {zone, names, create} = facts
          const remove = pick(await provider.listMembers(zone, names), facts.remove)
          await facts.meddle()
          await expect(provider.change(zone, {create, remove})).rejects.toThrow(ConflictError)
          const after = await provider.listMembers(zone, names)
          expect(after.map(keyOf).sort()).toEqual(facts.after.map(keyOf).sort())
        },
      )
    })

    describe('sets that several share', () => {
      /** The companion says whose a value is; what it holds is seen by the marks. */
      const values = (members: readonly Member[]) => members.filter(({type, mark}) => type !== 'TXT' || mark)
      const joinAndLeave = async ({
        provider,
        facts: {zone, names, members, create, remove},
        probe,
      }: Parameters<Parameters<typeof rule<'shared-change'>>[2]>[0]) => {
        const foreign = await probe?.foreign()
        const before = values(await provider.listMembers(zone, names))
        expectMembers(before, members)
        const leaving = pick(before, remove)
        await provider.change(zone, {create, remove: leaving})
        const after = values(await provider.listMembers(zone, names))
        expectMembers(after, [...before.filter(member => !leaving.includes(member)), ...create])
        expect(await probe?.foreign()).toBe(foreign)
      }
      rule(
        'shared-change',
        'values join and leave with their marks, in one change; foreign ones keep their bytes',
        joinAndLeave,
      )
      rule('simple-change', 'so do the addresses of a name, and its holds beside them', joinAndLeave)
      rule(
        'routing-change',
        'what stood in sets of its own goes into a shared one in one change',
        joinAndLeave,
      )
      rule(
        'shared-race',
        'somebody else who was first loses nothing, and is lost to nobody',
        async ({provider, facts: {zone, names, create, remove, joins}}) => {
          const before = values(await provider.listMembers(zone, names))
          const leaving = pick(before, remove)
          await provider.change(zone, {create, remove: leaving})
          const after = values(await provider.listMembers(zone, names))
          expectMembers(after, [...before.filter(member => !leaving.includes(member)), ...create, joins])
        },
      )
      rule(
        'shared-unmarked',
        'a value that is not marked as ours any more is a ConflictError, and stays',
        async ({provider, facts}) => {
          const {zone, names, create} = facts
          const before = values(await provider.listMembers(zone, names))
          const remove = pick(before, facts.remove)
          await facts.meddle()
          await expect(provider.change(zone, {create, remove})).rejects.toThrow(ConflictError)
          const after = values(await provider.listMembers(zone, names))
          expect(after.map(keyOf).sort()).toEqual(before.map(keyOf).sort())
        },
      )
    })

    describe('removals', () => {
      rule(
        'removal-served',
        'are served once the last of the vendor’s servers has them',
        async ({provider, facts}) => {
          const remove = pick(await provider.listMembers(facts.zone, facts.names), facts.remove)
          const receipt = await provider.change(facts.zone, {create: [], remove})
          expect(await provider.removalServed(facts.zone, remove, receipt)).toBe(false)
          await facts.serve()
          expect(await provider.removalServed(facts.zone, remove, receipt)).toBe(true)
        },
      )
      rule(
        'removal-served-later',
        'can be asked for by another run',
        async ({provider, facts: {zone, removed, receipt}}) => {
          expect(await provider.removalServed(zone, removed, receipt)).toBe(true)
        },
      )
    })

    describe('refusals', () => {
      rule('refusals', 'say what the vendor would refuse, all at once', async ({provider, facts}) => {
        const {
          fine,
          ttlSeconds: [shortest, longest],
          members,
          clashes,
          neighbours,
        } = facts
        const refusals = (wish: Partial<typeof fine>, existing: readonly Member[] = []) =>
          provider.refusals({...fine, ...wish}, existing)

        expect(refusals({})).toEqual([])
        expect(refusals({ttlSeconds: shortest})).toEqual([])
        expect(refusals({ttlSeconds: longest})).toEqual([])
        expect(refusals({}, neighbours)).toEqual([])
        expect(refusals({members})).toEqual([])

        expect(refusals({ttlSeconds: shortest - 1})).toEqual([expect.stringContaining(String(shortest))])
        expect(refusals({ttlSeconds: longest + 1})).toEqual([expect.stringContaining(String(longest))])
        expect(refusals({members: members + 1})).toEqual([expect.stringContaining(String(members))])
        for (const clash of clashes) expect(refusals({}, clash)).toEqual([expect.stringContaining(fine.name)])
        expect(clashes.some(clash => clash.some(({type}) => type === 'CNAME'))).toBe(true)

        const [clash = []] = clashes
        expect(refusals({ttlSeconds: shortest - 1, members: members + 1}, clash)).toHaveLength(3)
      })
    })
  })
}

/** The listed members these keys name: what a caller would hand back for removal. */
function pick(listed: readonly Member[], keys: readonly MemberKey[]): Member[] {
  return keys.map(key => {
    const member = listed.find(candidate => keyOf(candidate) === keyOf(key))
    return member ?? expect.unreachable(`${keyOf(key)} is not listed`)
  })
}

/** Exactly these members, in whatever order. The adapter's own handles are not compared. */
function expectMembers(listed: readonly Member[], expected: readonly Member[]): void {
  expect(comparable(listed)).toEqual(comparable(expected))
}

const comparable = (members: readonly Member[]) =>
  members
    .map(({ref: _ref, routing: _routing, proxied = false, mark, ...member}) => ({
      ...member,
      proxied,
      // Some vendors' marks have no room for the group.
      mark: mark && {fleet: mark.fleet, instance: mark.instance},
    }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

const keyOf = ({name, type, value}: MemberKey) => `${name} ${type} ${value}`
