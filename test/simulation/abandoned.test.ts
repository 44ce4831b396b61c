import {describe, expect, test} from 'vitest'
import {EXIT, InterruptedError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import type {Carry} from '../support/carry.ts'
import {dnsName, EAST, fleet, group, VIRGINIA, wish} from '../support/fleet-builder.ts'
import {expectExactly} from '../support/laws.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

/** Decision 30: who is interrupted waits eight seconds for the answer to a call, and leaves the rest to the next run. */

const of: Fleet = fleet(
  [
    group('virginia', 2, {place: VIRGINIA, wish: wish({open: [80]})}),
    group('east', 1, {place: EAST, wish: wish({types: ['g1.nano'], open: [80]})}),
  ],
  {names: [dnsName({vendor: 'route53', registration: 'mcd'})]},
)

/** The first such call is never answered, whether it takes effect or not; the run is interrupted then, and abandons it. */
function interruptedIn(sim: SimulatedFleet, call: RegExp, takesEffect: boolean) {
  const [interrupt, abandon] = [new AbortController(), new AbortController()]
  const {clock} = sim.time
  const carry: Carry = async (name, send) => {
    if (!call.test(name) || interrupt.signal.aborted) return send()
    if (takesEffect) await send()
    interrupt.abort(new InterruptedError('SIGTERM', {abandon: abandon.signal}))
    clock.after(8_000, () => abandon.abort(new InterruptedError('SIGTERM', {message: 'No answer.'})))
    return new Promise<never>(() => {})
  }
  return {signal: interrupt.signal, carry}
}

describe.each([
  ['a launch on EC2', /^ec2:RunInstances$/],
  ['a launch on Triton', /^cloudapi:POST .*machines$/],
  ['a security group', /^ec2:CreateSecurityGroup$/],
  ['a change of records', /^route53:change/],
])('interrupted while %s is not answered', (_what, call) => {
  test.each([true, false])(
    'and took effect: %s, the lease is given back, and a run elsewhere makes the declared fleet',
    async takesEffect => {
      const sim = new SimulatedFleet()
      const run = sim.up(of, interruptedIn(sim, call, takesEffect))
      await expect(run).rejects.toMatchObject({name: 'InterruptedError', exit: EXIT.terminated})
      expect((await readRecorded(sim.journal)).lease).toBeUndefined()
      const {shortcomings, exit} = await sim.up(of, {host: 'another-runner'})
      expect([shortcomings, exit]).toEqual([[], EXIT.done])
      await expectExactly(sim, of)
    },
  )
})

test.each([
  ['a listing on EC2', /^ec2:DescribeInstances$/],
  ['a listing on Triton', /^cloudapi:GET .*machines$/],
  ['a listing of records', /^route53:.*list/i],
])(
  'interrupted while %s is not answered, a run ends at once: nothing there can be left half done',
  async (_what, call) => {
    const sim = new SimulatedFleet()
    const {signal, carry} = interruptedIn(sim, call, false)
    const startedMs = sim.time.now()
    await expect(sim.up(of, {signal, carry})).rejects.toMatchObject({name: 'InterruptedError'})
    expect(sim.time.now() - startedMs).toBeLessThan(1_000)
    expect((await readRecorded(sim.journal)).lease).toBeUndefined()
  },
)
