import {canonical, plainName} from '../presentation.ts'
import type {Ask} from '../resolver.ts'
import {type Answer, type Instance, listed, lookUpInstance, NOWHERE} from './look-up.ts'
import {browseName, instanceName, readServiceName, type ServiceParts, serviceName} from './names.ts'
import {requireServiceName} from './resolve.ts'
import {attributeProblems, attributeWarnings} from './txt.ts'

/** Something a client of the service would stumble over. */
export type Finding = {
  readonly kind: string
  /** The name it is about. */
  readonly name: string
  readonly message: string
  /** Why that is, or what it means. */
  readonly cause: string
  /** Worth knowing, and nothing that must be mended. */
  readonly warning?: true
}

/** Everything there is to judge about a service, or about one of its instances. */
type Seen = {
  readonly parts: ServiceParts
  /** The PTR values at `_services._dns-sd._udp`. */
  readonly services: readonly string[]
  /** The PTR values at the service. */
  readonly pointers: readonly string[]
  readonly instances: readonly Instance[]
  readonly answers: readonly Answer[]
}

export type Checked = {
  readonly name: string
  readonly instances: readonly string[]
  readonly findings: readonly Finding[]
}

/** RFC 1035 §4.2.1: what a UDP answer holds without EDNS. */
const PLAIN_UDP_BYTES = 512
/** What passes every path unfragmented, and what resolvers ask for since the DNS flag day of 2020. */
const EDNS_UDP_BYTES = 1_232

/** Looks at a service with all its instances, or at one instance, and says all that is wrong. Throws UsageError. */
export async function checkService(ask: Ask, name: string): Promise<Checked> {
  const parts = requireServiceName(name)
  const [services, pointers] = await Promise.all([
    listed(ask, browseName(parts.domain)),
    listed(ask, serviceName(parts.service, parts.domain)),
  ])
  const followed = pointers.names.filter(pointer => isInstanceOf(pointer, parts))
  const names = parts.instance === undefined ? followed : [plainName(name)]
  const instances = await Promise.all(names.map(each => lookUpInstance(ask, each)))
  const answers = [services.answer, pointers.answer, ...instances.flatMap(each => each.answers)]
  const seen = {parts, services: services.names, pointers: pointers.names, instances, answers}
  return {name, instances: names, findings: findingsOf(seen)}
}

/** The rules, in the order in which a client meets what they are about. */
function findingsOf(seen: Seen): Finding[] {
  return [
    ...listing(seen),
    ...seen.instances.flatMap(instance => [
      ...srvFindings(instance),
      ...hostFindings(instance),
      ...txtFindings(instance),
    ]),
    ...seen.answers.flatMap(sizeFinding),
  ]
}

function listing({parts, services, pointers}: Seen): Finding[] {
  const {service, domain, instance} = parts
  const name = serviceName(service, domain)
  const findings: Finding[] = []
  const find = (kind: string, at: string, message: string, cause: string) =>
    findings.push({kind, name: at, message, cause})
  if (!services.map(canonical).includes(canonical(name)))
    find(
      'service-not-listed',
      browseName(domain),
      `${browseName(domain)} has no PTR record for ${name}.`,
      'Who browses the domain for its services does not find this one: it was never defined, or not wholly.',
    )
  if (pointers.length === 0)
    find(
      'no-instance',
      name,
      `${name} has no PTR record.`,
      'Nobody who browses finds an instance: the service was never defined here, or was undefined.',
    )
  for (const pointer of pointers.filter(each => !isInstanceOf(each, parts)))
    find(
      'not-an-instance',
      name,
      `${name} points to ${pointer}, which is no instance of it.`,
      canonical(pointer).endsWith(`.${canonical(name)}`)
        ? 'More than one label stands before the service: a dot in the name of the instance was not escaped.'
        : 'An instance is one label before the name of its service: somebody wrote another name here.',
    )
  const asked = instance === undefined ? undefined : instanceName(instance, service, domain)
  if (asked !== undefined && pointers.length > 0 && !pointers.map(canonical).includes(canonical(asked)))
    find(
      'instance-not-listed',
      name,
      `${name} has no PTR record for ${asked}.`,
      'Whoever knows its name can use it, and nobody who browses finds it: its PTR record was lost or never made.',
    )
  return findings
}

function srvFindings({name, targets}: Instance): Finding[] {
  const finding = (kind: string, message: string, cause: string): Finding => ({kind, name, message, cause})
  if (targets.length === 0)
    return [
      finding(
        'no-srv',
        `${name} has no SRV record.`,
        'It is defined, and nothing serves it: no machine has joined yet, or the last one has left.',
      ),
    ]
  const findings: Finding[] = []
  if (targets.some(({target}) => target === NOWHERE))
    findings.push(
      finding(
        'not-available',
        `${name} has an SRV record with the target ".".`,
        'That says that the service is decidedly not available here (RFC 2782).',
      ),
    )
  const places = targets.map(({target, port}) => `${target} ${port}`)
  for (const place of new Set(places.filter((each, index) => places.indexOf(each) < index)))
    findings.push(
      finding(
        'duplicate-target',
        `${name} has several SRV records for ${place}.`,
        'It gets the share of all of them: an earlier priority or weight was left behind.',
      ),
    )
  for (const {target} of targets.filter(({port}) => port === 0))
    findings.push(
      finding('no-port', `${name} names port 0 of ${target}.`, 'No client can connect to that port.'),
    )
  return findings
}

function hostFindings({name, hosts}: Instance): Finding[] {
  return [...hosts].flatMap(([host, {addresses, alias}]): Finding[] => {
    if (addresses.length === 0)
      return [
        {
          kind: 'no-address',
          name: host,
          message: `${host}, a target of ${name}, has no A and no AAAA record.`,
          cause: 'The machine left without its SRV value, or its host record was removed by somebody else.',
        },
      ]
    if (alias === undefined) return []
    return [
      {
        kind: 'alias',
        name: host,
        message: `${host}, a target of ${name}, is an alias for ${alias}.`,
        cause: 'RFC 2782 wants a host with addresses of its own: some clients do not follow the alias.',
      },
    ]
  })
}

function txtFindings({name, txt}: Instance): Finding[] {
  if (txt.length === 0)
    return [
      {
        kind: 'no-txt',
        name,
        message: `${name} has no TXT record.`,
        cause:
          'Every instance has one, an empty string if need be (RFC 6763, 6.1); some clients wait for it.',
      },
    ]
  const several: Finding[] =
    txt.length === 1
      ? []
      : [
          {
            kind: 'several-txt',
            name,
            message: `${name} has ${txt.length} TXT records.`,
            cause:
              'Clients read one of them, and which one is chance: all attributes belong into one record.',
          },
        ]
  const attributes = txt.flatMap(attributeProblems).map(
    (problem): Finding => ({
      kind: 'txt-form',
      name,
      message: `The TXT record of ${name} ${problem}.`,
      cause: 'RFC 6763, 6, says how attributes are written; clients pass over what is written otherwise.',
    }),
  )
  const advice = txt.flatMap(attributeWarnings).map(
    (warning): Finding => ({
      kind: 'txt-advice',
      name,
      message: `The TXT record of ${name} ${warning}.`,
      cause: 'Clients read it as it is; whether it belongs there is for its owner to say.',
      warning: true,
    }),
  )
  return [...several, ...attributes, ...advice]
}

function sizeFinding({question, bytes}: Answer): Finding[] {
  const finding = (limit: number, cause: string): Finding => ({
    kind: 'large-answer',
    name: question.slice(question.indexOf(' ') + 1),
    message: `The answer to ${question} has ${bytes} bytes, more than ${limit}.`,
    cause,
  })
  if (bytes > EDNS_UDP_BYTES)
    return [finding(EDNS_UDP_BYTES, 'Every client must ask again over TCP, and some networks block that.')]
  if (bytes > PLAIN_UDP_BYTES)
    return [{...finding(PLAIN_UDP_BYTES, 'Clients without EDNS must ask again over TCP.'), warning: true}]
  return []
}

function isInstanceOf(pointer: string, {service, domain}: ServiceParts): boolean {
  const parts = readServiceName(pointer)
  return (
    parts?.instance !== undefined &&
    parts.service === service &&
    canonical(parts.domain) === canonical(domain)
  )
}
