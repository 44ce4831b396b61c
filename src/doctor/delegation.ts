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
  const remedy = `Name these servers for ${zone}, and no others, at its registrar, or in the zone above it where it is a part of one: ${[...known].join(', ')}.`
  return answers.map(({server, records, error}): Finding => {
    const subject = `NS of ${zone} at ${server}`
    if (error === 'SERVFAIL')
      return {
        check: 'delegation',
        subject,
        outcome: 'failed',
        detail: `${server} finds nobody who answers for ${zone} (SERVFAIL): it is led to servers that do not serve it, or by a DS record that does not fit its keys.`,
        remedy: `${remedy} Where no DNSSEC is wanted, no DS record may stand there.`,
      }
    if (!records)
      return {
        check: 'delegation',
        subject,
        outcome: 'unknown',
        detail: error
          ? `${server} answered ${error}: it does not look names up for this machine.`
          : `${server} did not answer, or port 53 is closed on the way to it.`,
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

/** The names between the zone and each of these, nearest to the zone last: `deploy.example.com` for `www.deploy.example.com`. */
export const partsBetween = (zone: string, names: readonly string[]): string[] => [
  ...new Set(
    names.flatMap(name => {
      const labels = name.slice(0, -zone.length - 1).split('.')
      return labels.slice(1).map((_, index) => `${labels.slice(index + 1).join('.')}.${zone}`)
    }),
  ),
]

/** Whether a part of the zone that names of the fleet stand in has been given to other servers. Pure. */
export const judgePart = (part: string, zone: string, answers: readonly ServerAnswer[]): Finding[] =>
  answers.flatMap(({server, records = []}): Finding[] =>
    records.length === 0
      ? []
      : [
          {
            check: 'delegation',
            subject: `NS of ${part} at ${server}`,
            outcome: 'failed',
            detail: `${server} is led to ${records.map(({value}) => bareName(value)).join(', ')} for ${part}, which is a zone of its own: what mcd writes into ${zone} beneath it nobody sees.`,
            remedy: `Set "zone: ${part}" and the rest of the name as "name", or choose a name beside it.`,
          },
        ],
  )

const bareName = (name: string): string => name.toLowerCase().replace(/\.$/, '')
