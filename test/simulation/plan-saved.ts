import {McdError} from '../../src/errors.ts'
import {type Inspection, inspectFleet} from '../../src/fleet/inspect/inspect.ts'
import {type SavedPlan, savePlan} from '../../src/fleet/inspect/saved-plan.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {checkUnmoved} from '../../src/runs/plan-file.ts'
import {holds, LawBroken, truth} from '../support/laws.ts'
import type {Stage} from './stage.ts'

/** A plan as `mcd plan --out` leaves it: what `mcd up --plan` does with it, and what must be so whatever that does. */
export async function planSaved({sim, openJournal}: Stage, fleet: Fleet) {
  const journal = await openJournal()
  const calls = sim.world.calls.records.length
  const before = (await journal.read()).length
  const livingNow = () => JSON.stringify(truth(sim, fleet).map(({id, state}) => [id, state === 'running']))
  const living = livingNow()
  const made = await sim.time.run(() => inspectFleet(sim.outside(fleet, {journal}), fleet))
  const file = JSON.stringify(savePlan(made, {mcd: '1', madeAt: 'then', refreshImages: false}))
  const effects = sim.world.calls.records.slice(calls).flatMap(call => call.effects)
  holds('a plan has no side effects', [effects, (await journal.read()).length], [[], before])
  return {
    /** To be asked for right before it is carried out: looks whether others live now than did then. */
    expectation(isSeen: boolean) {
      const hasMoved = isSeen && livingNow() !== living
      return (now: Inspection) => {
        checkUnmoved('plan.json', JSON.parse(file) as SavedPlan, now)
        if (hasMoved && now.plan.actions.length > 0)
          throw new LawBroken(
            'a saved plan is refused where the world has moved',
            `${living} then, and not now`,
          )
      }
    },
    isRefusal: (error: unknown) => error instanceof McdError && /the world has moved/.test(error.message),
    async expectUntouched(): Promise<void> {
      holds('a plan that is refused leaves no trace', (await (await openJournal()).read()).length, before)
    },
  }
}
