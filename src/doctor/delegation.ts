import type {ServerAnswer} from '../fleet/outside.ts'
import type {Finding} from '../providers/examine.ts'

/**
 * Whether whoever looks a name up is led to the zone that mcd writes to. Pure. `own` are the servers that the vendor names for
 * the zone, `others` those of a further vendor of the fleet that holds a zone of the same name.
 */
export function judgeDelegation(
  zone: string,
  answers: readonly ServerAnswer[],
  own: readonly string[],
  others: readonly string[],
): Finding[] {
  const ours = own.map(bareName)
  const known = new Set([...ours, ...others.map(bareName)])
  const remedy = `Name these servers for ${zone} at its registrar, and no others: ${[...known].join(', ')}.`
  return answers.map(({server, records}): Finding => {
    const subject = `NS of ${zone} at ${server}`
    if (!records)
      return {
        check: 'delegation',
        subject,
        outcome: 'unknown',
        detail: `${server} did not answer, or port 53 is closed on the way to it.`,
      }
    const led = records.map(({value}) => bareName(value))
    const strangers = led.filter(name => !known.has(name))
    if (led.length === 0)
      return {
        check: 'delegation',
        subject,
        outcome: 'failed',
        detail: `${server} finds no name servers for ${zone}: nobody is led to this zone.`,
        remedy,
      }
    if (!led.some(name => ours.includes(name)))
      return {
        check: 'delegation',
        subject,
        outcome: 'failed',
        detail: `${server} is led to ${led.join(', ')}, and not to this zone: what mcd writes there nobody sees.`,
        remedy,
      }
    if (strangers.length > 0)
      return {
        check: 'delegation',
        subject,
        outcome: 'failed',
        detail: `${server} is also led to ${strangers.join(', ')}, which do not serve this zone: some clients get other answers, or none.`,
        remedy,
      }
    return {check: 'delegation', subject, outcome: 'ok', detail: `It is led to ${led.join(', ')}.`}
  })
}

const bareName = (name: string): string => name.toLowerCase().replace(/\.$/, '')
