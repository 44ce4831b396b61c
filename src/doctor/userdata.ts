import type {FleetCheck, GroupsFinding} from '../check/check-groups.ts'
import {sizeText} from '../userdata/size.ts'
import {formatPlace} from '../userdata/template-error.ts'
import type {FleetFinding} from './finding.ts'

/** What `render --check` finds, and how much of its room each group's userdata takes. */
export function userdataFindings({findings, groups, unchecked}: FleetCheck): FleetFinding[] {
  return [
    ...findings.map((finding): FleetFinding => {
      const {place, message, hint, groups: found} = finding
      return {
        check: 'userdata',
        subject: `${formatPlace(place)} (${found.join(', ')})`,
        outcome: isHarmless(finding) ? 'warning' : 'failed',
        detail: message,
        remedy: hint ?? 'Mend the template; "mcd render --check" looks at it alone.',
      }
    }),
    ...groups.flatMap(({group, size}): FleetFinding[] =>
      size
        ? [{check: 'userdata', subject: `group ${group}`, group, outcome: 'ok', detail: `${sizeText(size)}.`}]
        : [],
    ),
    ...unchecked.map(
      (program): FleetFinding => ({
        check: 'userdata',
        subject: program,
        outcome: 'unknown',
        detail: `Not asked about the template: ${program.split(' ')[0]} is not installed here.`,
      }),
    ),
  ]
}

/** What is only worth a look: instances boot with it all the same. */
const isHarmless = ({rule, message}: GroupsFinding): boolean =>
  rule === 'unused-variable' || rule === 'unquoted' || message.startsWith('shellcheck:')
