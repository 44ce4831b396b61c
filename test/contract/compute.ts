import {describe, expect} from 'vitest'
import {AuthError, CapacityError, QuotaError, RefusedError, UnreachableError} from '../../src/errors.ts'
import type {Capability, ComputeProvider, Instance} from '../../src/providers/compute.ts'
import {type Harness, rulesOf} from './play.ts'
import type {ComputeProbe, ComputeScenarios, ExpectedInstance} from './scenarios.ts'

export type ComputeHarness = Harness<ComputeProvider, ComputeScenarios, ComputeProbe>

/** Every promise of src/providers/compute.ts, once. What each scenario holds stands in scenarios.ts. */
export function describeCompute(name: string, harness: ComputeHarness): void {
  describe(`compute contract: ${name}`, () => {
    const rule = rulesOf(harness)

    rule('capabilities', 'what it cannot do has a reason', async ({provider}) => {
      const {userdataMaxBytes, userdataGzip: _, ...able} = provider.capabilities
      for (const capability of Object.values(able) as Capability[]) {
        if (!capability.able) expect(capability.because).toMatch(/\w+ \w+/)
      }
      expect(userdataMaxBytes).toBeGreaterThan(0)
    })

    rule('identify', 'names the account behind the credentials', async ({provider, facts}) => {
      expect(await provider.identify()).toBe(facts.account)
    })

    describe('listing', () => {
      rule('empty', 'an empty place is an empty list', async ({provider, facts}) => {
        expect(await provider.listInstances(facts.fleet)).toEqual([])
      })
      rule('mixed', 'shows whole marks of this fleet only', async ({provider, facts}) => {
        expectInstances(provider, await provider.listInstances(facts.fleet), facts.ours)
      })
      rule('dual-stack', 'shows a public IPv6 address beside the others', async ({provider, facts}) => {
        const listed = await provider.listInstances(facts.fleet)
        expectInstances(provider, listed, facts.ours)
        expect(facts.ours.filter(({publicIpv6}) => publicIpv6)).toHaveLength(1)
        expect(listed.filter(({publicIpv6}) => publicIpv6)).toHaveLength(1)
      })
      rule('two-owners', 'shows every owner of this fleet name', async ({provider, facts}) => {
        const listed = await provider.listInstances(facts.fleet)
        expectInstances(provider, listed, facts.ours)
        expect(new Set(listed.map(({mark}) => mark.dns)).size).toBeGreaterThan(1)
      })
      rule('pages', 'reads every page, each instance once', async ({provider, facts}) => {
        expect(idsOf(await provider.listInstances(facts.fleet))).toEqual(sorted(facts.ids))
      })
      rule('page-fails', 'a page that fails fails the listing', async ({provider, facts}) => {
        await expect(provider.listInstances(facts.fleet)).rejects.toThrow(UnreachableError)
      })
      rule('throttled', 'waits when throttled, then reads', async ({provider, facts}) => {
        expectInstances(provider, await provider.listInstances(facts.fleet), facts.ours)
      })
      rule('server-error', 'tries again after a failure of the vendor', async ({provider, facts}) => {
        expectInstances(provider, await provider.listInstances(facts.fleet), facts.ours)
      })
      rule('wrong-credentials', 'refused credentials are an AuthError', async ({provider, facts}) => {
        await expect(provider.listInstances(facts.fleet)).rejects.toThrow(AuthError)
      })
      rule(
        'unreachable',
        'a dead endpoint is an UnreachableError, never an empty list',
        async ({provider, facts}) => {
          await expect(provider.listInstances(facts.fleet)).rejects.toThrow(UnreachableError)
        },
      )
    })

    rule(
      'describe',
      'by their ids it shows all that exist, and what of their marks is gone',
      async ({provider, facts: {mark, launch, whole, bare, half, ended, unknown}}) => {
        const made = new Map([whole, bare, half, ended, unknown].map(id => [id, mark]))
        const found = await provider.describe(made)
        expect(idsOf(found)).toEqual(sorted([whole, bare, half]))
        for (const one of found)
          expect(one).toMatchObject({place: provider.place.key, mark, state: 'running'})
        const lacks = new Map(found.map(one => [one.id, one.lacks]))
        expect(lacks.get(whole)).toEqual([])
        expect(lacks.get(half)).toEqual([launch])
        expect(lacks.get(bare)).toHaveLength(5)
        expect(lacks.get(bare)).toContain(launch)
      },
    )

    describe('resolving a launch', () => {
      rule('alias', 'an alias becomes an image of this place, in plain JSON', async ({provider, facts}) => {
        const target = await provider.resolveLaunch(facts.wish)
        expect(target.imageId).toBe(facts.imageId)
        expect(target.imageName).not.toBe('')
        expect(target.zones).not.toEqual([])
        for (const zone of target.zones) {
          expect(zone.name).not.toBe('')
          expect(zone.types).not.toEqual([])
          expect(facts.wish.types).toEqual(expect.arrayContaining([...zone.types]))
        }
        // It goes into the journal: what JSON drops would be lost on the way to a resumed run.
        expect(JSON.parse(JSON.stringify(target))).toEqual(target)
      })
      rule('pinned', 'a pinned image is kept', async ({provider, facts}) => {
        expect((await provider.resolveLaunch(facts.wish)).imageId).toBe(facts.wish.pinnedImageId)
      })
      rule(
        'refusals',
        'everything unknown is refused at once, and nothing is launched',
        async ({provider, facts, probe}) => {
          const before = await probe?.live()
          const refused = await provider.resolveLaunch(facts.wish).then(
            () => expect.unreachable('the wish was accepted'),
            error => error,
          )
          expect(refused).toBeInstanceOf(RefusedError)
          const {reasons} = refused as RefusedError
          for (const unknown of facts.unknown) expect(reasons.join('\n')).toContain(unknown)
          expect(reasons.length).toBeGreaterThanOrEqual(facts.unknown.length)
          expect(await probe?.live()).toEqual(before)
        },
      )
    })

    rule(
      'no-public-address',
      'a launch that gives no public address says so, and why',
      async ({provider, facts: {wish, closed}}) => {
        const {without} = await provider.resolveLaunch(wish)
        expect(without).toEqual({public: expect.stringContaining(closed)})
      },
    )

    describe('launching', () => {
      rule(
        'launch',
        'gives what was ordered: marked, on its way, with its userdata',
        async ({provider, facts: {order}, probe}) => {
          const {instances, shortfall} = await provider.launch(order)
          expect(shortfall).toBeUndefined()
          expect(new Set(idsOf(instances)).size).toBe(order.count)
          for (const instance of instances) {
            expect(instance).toMatchObject({place: provider.place.key, mark: order.mark})
            expect(['pending', 'running']).toContain(instance.state)
            expect(instance.launchedAtMs).toBeGreaterThan(0)
            if (provider.capabilities.zones.able && instance.zone) expect(instance.zone).toBe(order.zone.name)
            if (probe)
              expect(Buffer.from(await probe.userdata(instance.id))).toEqual(Buffer.from(order.userdata))
          }
          if (probe) expect(sorted(await probe.live())).toEqual(idsOf(instances))
        },
      )
      rule(
        'launch-repeated',
        'the same order again gives the same instances',
        async ({provider, facts: {order}, probe}) => {
          const first = idsOf((await provider.launch(order)).instances)
          expect(first).toHaveLength(order.count)
          expect(idsOf((await provider.launch(order)).instances)).toEqual(first)
          if (probe) expect(sorted(await probe.live())).toEqual(first)
        },
      )
      rule(
        'launch-reply-lost',
        'a lost reply neither loses nor doubles an instance',
        async ({provider, facts: {order}, probe}) => {
          const {instances, shortfall} = await provider.launch(order)
          expect(shortfall).toBeUndefined()
          expect(new Set(idsOf(instances)).size).toBe(order.count)
          if (probe) expect(sorted(await probe.live())).toEqual(idsOf(instances))
        },
      )
      rule(
        'launch-resumed',
        'an order of an earlier run gives the instances it made',
        async ({provider, facts, probe}) => {
          const {instances} = await provider.launch({...facts.order, resumed: true})
          expect(idsOf(instances)).toEqual(sorted(facts.ids))
          if (probe) expect(sorted(await probe.live())).toEqual(sorted(facts.ids))
        },
      )
      rule(
        'capacity-partial',
        'what fits is launched, and the shortfall says why not more',
        async ({provider, facts, probe}) => {
          const {instances, shortfall} = await provider.launch(facts.order)
          expect(instances).toHaveLength(facts.fits)
          expect(shortfall?.kind).toBe('capacity')
          expect(shortfall?.message).toMatch(/\w/)
          if (probe) expect(sorted(await probe.live())).toEqual(idsOf(instances))
        },
      )
      rule('capacity-none', 'no room at all is a CapacityError', async ({provider, facts, probe}) => {
        await expect(provider.launch(facts.order)).rejects.toThrow(CapacityError)
        if (probe) expect(await probe.live()).toEqual([])
      })
      rule('quota', 'a used-up quota is a QuotaError', async ({provider, facts, probe}) => {
        const before = await probe?.live()
        await expect(provider.launch(facts.order)).rejects.toThrow(QuotaError)
        expect(await probe?.live()).toEqual(before)
      })
      rule(
        'launch-throttled',
        'waits when throttled, then launches once',
        async ({provider, facts: {order}, probe}) => {
          const {instances} = await provider.launch(order)
          expect(instances).toHaveLength(order.count)
          if (probe) expect(sorted(await probe.live())).toEqual(idsOf(instances))
        },
      )
    })

    describe('terminating', () => {
      rule('terminate', 'ids already gone or never known are fine', async ({provider, facts, probe}) => {
        const others = (await probe?.live())?.filter(id => !facts.ids.includes(id))
        await provider.terminate(facts.ids)
        await provider.terminate(facts.ids)
        await provider.terminate([facts.unknown])
        expect(await probe?.live()).toEqual(others)
      })
      rule('protected', 'lifts the protection mcd set', async ({provider, facts, probe}) => {
        await provider.terminate([facts.id])
        if (probe) expect(await probe.live()).not.toContain(facts.id)
      })
    })

    describe('ingress', () => {
      rule(
        'network',
        'is made once, listed with its mark, removed once',
        async ({provider, facts: {wish}}) => {
          const ids = await provider.ensureNetwork(wish)
          expect(await provider.ensureNetwork(wish)).toEqual(ids)
          const pieces = await provider.listNetwork(wish.fleet)
          expect(pieces).toEqual([{...wish, id: expect.stringMatching(/\w/), place: provider.place.key}])
          for (const piece of pieces) {
            expect(await provider.removeNetwork(piece)).toBe('removed')
            expect(await provider.listNetwork(wish.fleet)).toEqual([])
            expect(await provider.removeNetwork(piece)).toBe('removed')
          }
        },
      )
      rule('network-in-use', 'stays while an instance uses it', async ({provider, facts}) => {
        const [piece, ...more] = await provider.listNetwork(facts.fleet)
        expect(more).toEqual([])
        if (!piece) return expect.unreachable('the piece is not listed')
        expect(await provider.removeNetwork(piece)).toBe('in-use')
        await facts.free()
        expect(await provider.removeNetwork(piece)).toBe('removed')
      })
    })

    describe('boot log', () => {
      rule('boot-log', 'is what the guest printed last', async ({provider, facts}) => {
        expect((await provider.bootLog(facts.id))?.trimEnd().endsWith(facts.tail)).toBe(true)
      })
      rule('boot-log-empty', 'is undefined before the guest has printed', async ({provider, facts}) => {
        expect(await provider.bootLog(facts.id)).toBeUndefined()
      })
    })
  })
}

/** Exactly these instances, in whatever order, with at least the facts given. */
function expectInstances(
  provider: ComputeProvider,
  listed: readonly Instance[],
  expected: readonly ExpectedInstance[],
): void {
  expect(idsOf(listed)).toEqual(idsOf(expected))
  for (const facts of expected) {
    expect(listed.find(({id}) => id === facts.id)).toMatchObject({place: provider.place.key, ...facts})
  }
}

const sorted = (ids: readonly string[]) => [...ids].sort()
const idsOf = (instances: readonly {id: string}[]) => sorted(instances.map(({id}) => id))
