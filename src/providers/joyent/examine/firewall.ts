import type {ComputeNeeds, Finding} from '../../examine.ts'
import {markOf, stateOf} from '../convert.ts'
import type {Reads} from './reads.ts'

/** Rules are for instances whose firewall is on: of one that is off every port is open, whatever "open" says. */
export function examineFirewalls({fleet, dns, groups}: ComputeNeeds, {machines = []}: Reads): Finding[] {
  const opening = groups.filter(({wish}) => wish.open.length > 0).map(({name}) => name)
  return machines
    .filter(machine => {
      const mark = markOf(machine)
      return (
        mark?.fleet === fleet &&
        mark.dns === dns &&
        opening.includes(mark.group) &&
        machine.firewall_enabled === false &&
        stateOf(machine) !== 'gone'
      )
    })
    .map(({name}) => ({
      check: 'network',
      subject: `firewall of ${name}`,
      outcome: 'warning',
      detail: 'Its firewall is off: all its ports are open, not only those in "open".',
      remedy: `Turn it on: triton instance enable-firewall ${name}`,
    }))
}
