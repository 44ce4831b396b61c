import {expect, test} from 'vitest'
import {fleetPolicies} from '../../../src/policy/fleet-policies.ts'
import {allowing} from '../../../src/providers/aws/examine/verdict.ts'
import {fleet, group, VIRGINIA, wish} from '../../support/fleet-builder.ts'

test('a remedy names the statements that "mcd policy" prints for the action', () => {
  const all = wish({open: [80], spot: true, instanceProfile: 'web'})
  const {operator} = fleetPolicies(fleet([group('virginia', 2, {place: VIRGINIA, wish: all})]), () => 'Z1')
  const statements = operator.aws?.Statement ?? []
  const actions = new Set(statements.flatMap(({Action}) => Action))
  expect(actions.size).toBeGreaterThan(15)
  for (const action of actions) {
    const sids = statements.filter(({Action}) => Action.includes(action)).map(({Sid}) => Sid)
    expect(allowing(action)).toContain(`(${sids.join(', ')})`)
  }
})
