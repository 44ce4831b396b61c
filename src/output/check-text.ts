import type {FleetCheck} from '../check/check-groups.ts'
import {sizeText} from '../userdata/size.ts'
import {formatPlace} from '../userdata/template-error.ts'

/** As compilers say it, then what was looked at and what was not. */
export function checkText({findings, groups, unchecked}: FleetCheck): string {
  const lines = findings.flatMap(({place, message, hint, groups: found}) => {
    const some = found.length < groups.length ? ` (${found.join(', ')})` : ''
    return [`${formatPlace(place)}: ${message}${some}`, ...(hint ? [`  → ${hint}`] : [])]
  })
  const sizes = groups.flatMap(({group, provider, size}) =>
    size ? [`group ${group} on ${provider}: ${sizeText(size)}`] : [],
  )
  const count = `${findings.length} ${findings.length === 1 ? 'problem' : 'problems'}`
  return [
    ...lines,
    ...sizes,
    ...unchecked.map(program => `Not checked: ${program} is not installed here.`),
    findings.length === 0 ? 'No problems found.' : `${count} found.`,
  ].join('\n')
}
