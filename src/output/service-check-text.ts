import type {Checked} from '../dns/sd/check.ts'

/** Each finding with its cause below it; one line where there is none. */
export function checkedText({name, instances, findings}: Checked): string {
  if (findings.length === 0)
    return `${name}: nothing is wrong (${instances.length === 1 ? '1 instance' : `${instances.length} instances`} followed to addresses).`
  return findings
    .map(({message, cause, warning}) => `${warning ? 'warning: ' : ''}${message}\n  ${cause}`)
    .join('\n')
}
