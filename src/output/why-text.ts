import type {NameOfInstance, RunRef, WhyReport} from '../fleet/why/report.ts'
import {shortIds} from './short-id.ts'
import {dateText} from './time-text.ts'
import {wrapped} from './wrapped.ts'

/** One instance in plain sentences: what it is, how it does, what DNS says of it, what comes next, and what mends its troubles. */
export function whyText(report: WhyReport, columns = Number.POSITIVE_INFINITY): string {
  const {names, next, differences} = report
  const parts = [
    [whatItIs(report), ...pastText(report), ...healthText(report), ...wayOut(report)],
    lacksText(report),
    ...names.map(name => nameText(report, name)),
    next.length > 0
      ? [
          'What mcd up would do with it next:',
          ...next.map(({text, reason, after}) => `  ${text} (${reason})${afterText(after)}`),
        ]
      : [idle(report)],
    differences.length > 0
      ? ['What is not as it should be:', ...differences.map(({text, fix}) => `  ${text}  → ${fix}`)]
      : [],
  ]
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.flatMap(line => wrapped(shown(line), columns, indentOf(line))).join('\n'))
    .join('\n\n')
}

/** What somebody is to write elsewhere is shown whole. */
const shown = (line: string): string => (line.startsWith(TAG) ? line : shortIds(line))
const TAG = '  tag '

function lacksText({lacks = []}: WhyReport): string[] {
  if (lacks.length === 0) return []
  const heading = 'With these tags again it is of the fleet, as before; without them, end it at its cloud:'
  return [heading, ...lacks.map(tag => `${TAG}${tag}`)]
}

const indentOf = (line: string): number => (line.startsWith(' ') ? 4 : 2)

function whatItIs({instance, fleet, standing, group, place, silent, seen, spec}: WhyReport): string {
  const where = [group && `group ${group}`, place].filter(Boolean).join(' in ')
  const of = where === '' ? '' : `, of ${where}`
  switch (standing) {
    case 'foreign':
      return `${instance} is not ours: it carries the name of fleet ${fleet} and belongs to ${seen?.owner}. mcd leaves it as it is.`
    case 'ended':
      return `${instance}${of}, has ended${seen?.stateReason ? `: ${seen.stateReason}` : seen ? '' : ': no cloud shows it any more'}.`
    case 'unseen':
      return silent === undefined
        ? `${instance}${of}, is not shown by any cloud: it may appear yet, or live where this fleet does not look.`
        : `${instance}${of}, cannot be seen: ${place} says nothing (${silent.replace(/\.$/, '')}). What there is of it stays.`
    case 'unmarked':
      return `${instance}${of}, is ${seen?.state}, costs money, and has lost its mark: mcd counts it no more and changes nothing of it.`
    case 'lives':
    case 'leaves':
      return [
        `${instance}${seen?.name === undefined ? '' : ` (${seen.name})`}${of}, is ${seen?.state}${seen?.stateReason ? ` (${seen.stateReason})` : ''}${typeText(seen)}.`,
        spec && SPEC[spec],
      ]
        .filter(Boolean)
        .join(' ')
    default:
      return standing satisfies never
  }
}

const SPEC = {
  current: 'Its launch spec is that of the fleet file.',
  older: 'Its launch spec is older than that of the fleet file.',
  unknown: 'What the fleet file would launch now could not be told, so nor whether its launch spec is older.',
  undeclared: 'The fleet file has no such group there any more.',
} as const

const typeText = (seen: WhyReport['seen']): string =>
  [seen?.type && `: a ${seen.type}`, seen?.zone && ` in ${seen.zone}`].filter(Boolean).join('')

function pastText({past, seen}: WhyReport): string[] {
  const {launched, found, drained, replacementAsked, ended} = past
  const made = launched
    ? `Launched ${byText(launched)}.`
    : `${seen ? `Launched ${dateText(Date.parse(seen.launchedAt))} UTC, by no run that this journal knows` : 'No run that this journal knows launched it'}${found ? `; met by its mark ${byText(found)}` : ''}.`
  return [
    made,
    ...(drained ? [`Drained ${byText(drained)}.`] : []),
    ...(replacementAsked ? [`Its replacement was asked for ${byText(replacementAsked)}.`] : []),
    ...(ended ? [`Its end was asked of the cloud ${byText(ended)}.`] : []),
  ]
}

const byText = ({run, command, user, host, at}: RunRef): string =>
  `${dateText(Date.parse(at))} UTC by run ${run.slice(0, 8)}${command === '' ? '' : ` ("mcd ${command}" by ${user}@${host})`}`

function healthText({health, seen, standing}: WhyReport): string[] {
  if (standing !== 'lives' && standing !== 'leaves' && standing !== 'unmarked') return []
  const [address = seen?.privateIp, other] = [seen?.publicIp, seen?.publicIpv6].filter(
    each => each !== undefined,
  )
  const beside = other === undefined ? '' : ` and ${other}`
  const at = address === undefined ? 'It has no address yet' : `Its address is ${address}${beside}`
  const served = seen?.servedAt === undefined ? '' : `, served at ${seen.servedAt} here`
  const verdict =
    health === undefined
      ? 'nobody has asked it how it is'
      : health.verdict === 'healthy'
        ? 'it answers its health check'
        : `it ${health.verdict === 'unhealthy' ? 'fails its health check' : 'has not answered often enough yet'}${health.why === undefined ? '' : `: ${health.why}`}`
  return [`${at}${served}, and ${verdict}.`]
}

function wayOut({out, standing, past}: WhyReport): string[] {
  if (!out) return []
  const zones = out.zones.map(
    ({zone, removedAt, servedAt}) =>
      `out of ${zone} since ${dateText(Date.parse(removedAt))} UTC${servedAt === undefined ? ', and no run has looked whether its servers follow' : `, served so since ${dateText(Date.parse(servedAt)).slice(11)}`}`,
  )
  const forgotten =
    out.forgottenAt === undefined
      ? ''
      : `; resolvers have forgotten it by ${dateText(Date.parse(out.forgottenAt))} UTC`
  const what =
    standing === 'lives' ? 'It lives on' : past.ended ? 'It left DNS first' : 'It is on its way out'
  return [`${what}: ${zones.join('; ')}${forgotten}.`]
}

function nameText(report: WhyReport, of: NameOfInstance): string[] {
  const {name, provider, readable, records, hold, remarks} = of
  if (!readable) return [`${name} in ${provider} could not be read: what stands there stays.`]
  const held = hold ? [`  ${holdText(report, hold.value)}`] : []
  const isGone = report.standing === 'ended' || report.standing === 'foreign'
  if (records.length === 0)
    return [
      `${name} in ${provider} holds nothing of it${answersText(of, isGone)}.`,
      ...held,
      ...indented(remarks),
    ]
  return [
    `${name} in ${provider} holds of it${answersText(of, false)}:`,
    ...records.map(
      ({name: at, type, value, ttlSeconds, proxied, group}) =>
        `  ${at === name ? '' : `${at} `}${type} ${value}, TTL ${ttlSeconds} s${proxied ? ', proxied' : ''}${group === '' ? '' : `, marked as of group ${group}`}`,
    ),
    ...held,
    ...indented(remarks),
  ]
}

function answersText({servers, resolvers}: NameOfInstance, isGone: boolean): string {
  const told = [
    ...(servers.heard > 0 ? [`${servers.answering} of ${servers.heard} name servers answer with it`] : []),
    ...(resolvers.heard > 0 ? [`${resolvers.answering} of ${resolvers.heard} resolvers`] : []),
  ]
  const silent = servers.silent + resolvers.silent
  if (silent > 0) told.push(`${silent} said nothing`)
  return told.length === 0 || isGone ? '' : ` (${told.join(', ')})`
}

function holdText({standing, drained, health}: WhyReport, value: string): string {
  const hold = `A hold ("${value}") keeps its own script from registering it`
  if (standing === 'leaves') return `${hold}: it is on its way out.`
  if (standing === 'ended') return `${hold}: it is left over.`
  if (drained) return `${hold}: it is drained on purpose, until "mcd undrain".`
  return health?.verdict === 'unhealthy'
    ? `${hold}: it fails its health check.`
    : `${hold}, and nothing asks for that any more: it is left over.`
}

function idle({standing}: WhyReport): string {
  if (standing === 'foreign') return 'mcd does nothing with what is not its own.'
  if (standing === 'unmarked') return 'mcd does nothing with what does not carry its mark.'
  return standing === 'ended' ? 'There is nothing left to do with it.' : 'mcd has nothing to do with it.'
}

const afterText = (after: readonly string[]): string =>
  after.length > 0 ? `, after: ${after.join('; ')}` : ''

const indented = (texts: readonly string[]): string[] => texts.map(text => `  ${text}.`)
