import {expect, test} from 'vitest'
import {healthTracker} from '../../../src/fleet/observe/health.ts'
import {fleet, group, instance} from '../../support/fleet-builder.ts'
import {VirtualTime} from '../../support/virtual-runtime.ts'

const of = fleet([group('virginia', 1)])
const {intervalMs} = of.service.health
const one = instance('i-1')
const IN_DNS = new Set(['i-1'])
const NOWHERE = new Set<string>()

/** Each probe's answer with what was known to stand in DNS before it; the last verdict. */
async function seen(probes: readonly (readonly [ok: boolean, inDns: ReadonlySet<string>])[]) {
  const time = new VirtualTime({seed: 1})
  let next = 0
  const probe = async () => {
    const [ok = false] = probes[next++] ?? []
    return ok ? {ok} : {ok: false as const, why: 'HTTP 503', answered: true}
  }
  const tracker = healthTracker(of, probe, time.runtime())
  let health = new Map() as Awaited<ReturnType<typeof tracker.look>>
  for (const [, inDns] of probes) {
    health = await tracker.look([one], inDns)
    await time.advance(intervalMs)
  }
  const {verdict, hasServed = false} = health.get('i-1') ?? {}
  return {verdict, hasServed}
}

test.each([
  ['failing before it is in DNS', [false, false, false], [NOWHERE, NOWHERE, NOWHERE], 'unhealthy', false],
  [
    'that enters DNS between two probes',
    [false, false, false],
    [NOWHERE, NOWHERE, IN_DNS],
    'unhealthy',
    false,
  ],
  ['that stood in DNS all the while', [false, false, false], [IN_DNS, IN_DNS, IN_DNS], 'unhealthy', true],
  [
    'that was well in this run',
    [true, true, false, false, false],
    [NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE],
    'unhealthy',
    true,
  ],
  [
    'that answered once in between',
    [false, true, false, false, false],
    [IN_DNS, IN_DNS, NOWHERE, NOWHERE, IN_DNS],
    'unhealthy',
    false,
  ],
] as const)('whether one has served, %s', async (_, answers, stood, verdict, hasServed) => {
  const probes = answers.map((ok, index) => [ok, stood[index] ?? NOWHERE] as const)
  expect(await seen(probes)).toEqual({verdict, hasServed})
})
