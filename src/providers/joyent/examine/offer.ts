import type {LaunchTarget} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import {type Reason, resolveWish} from '../resolve.ts'
import type {Reads} from './reads.ts'

/** What a group's instances would be made from. */
export type Resolved = {readonly group: ComputeNeeds['groups'][number]; readonly target: LaunchTarget}

/** Whether the data centre has what each group names. Without its lists nothing is said: that they are lacking is said already. */
export function examineOffer(
  {groups}: ComputeNeeds,
  datacenter: string,
  {images, packages, networks = []}: Reads,
): {findings: Finding[]; resolved: Resolved[]} {
  const findings: Finding[] = []
  const resolved: Resolved[] = []
  if (!images || !packages) return {findings, resolved}
  for (const group of groups) {
    const outcome = resolveWish(group.wish, {datacenter, images, packages, networks})
    if ('target' in outcome) resolved.push({group, target: outcome.target})
    const reasons = 'reasons' in outcome ? outcome.reasons : []
    findings.push(...reasons.map(reason => missing(group.name, datacenter, reason)))
    const {image, types, networks: wished} = group.wish
    const isMissing = (about: Reason['about'], name: string) =>
      reasons.some(reason => reason.about === about && reason.name === name)
    const found = (check: 'image' | 'type' | 'network', name: string, detail: string) => {
      if (!isMissing(check, name))
        findings.push({check, subject: `${name} in ${datacenter}`, outcome: 'ok', detail})
    }
    const newest =
      'target' in outcome
        ? `It is ${outcome.target.imageName} (${outcome.target.imageId}).`
        : 'The data centre has it.'
    found('image', image, newest)
    for (const type of types) found('type', type, 'The data centre has this package.')
    for (const network of wished) found('network', network, 'The data centre has it.')
  }
  return {findings: once(findings), resolved}
}

const COMMANDS = {image: 'triton image list', type: 'triton package list', network: 'triton network list'}

function missing(group: string, datacenter: string, {about, name, text}: Reason): Finding {
  if (about === 'settings')
    return {
      check: 'settings',
      subject: `${name} of group ${group}`,
      outcome: 'failed',
      detail: text,
      remedy: `Change group "${group}" in the fleet file.`,
    }
  return {
    check: about,
    subject: `${name} in ${datacenter}`,
    outcome: 'failed',
    detail: text,
    remedy: `Name another ${about} in group "${group}"; "${COMMANDS[about]}" shows what there is.`,
  }
}

/** Groups may name the same. */
function once(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map(finding => [JSON.stringify(finding), finding])).values()]
}
