import {eachGroup, type GroupToRender, type RenderOptions} from '../runs/render-fleet.ts'
import {templateValues} from '../userdata/fill.ts'
import {type Finding, lintTemplate} from '../userdata/lint.ts'
import {UserdataTooLargeError} from '../userdata/render.ts'
import {sizeText, type UserdataSize} from '../userdata/size.ts'
import {formatPlace, TemplateError} from '../userdata/template-error.ts'
import {checkDocument} from './check-document.ts'

/** A finding, told once with every group it was found for. */
export type GroupsFinding = Finding & {readonly groups: readonly string[]}

/** Without `size` where it does not render or does not fit. */
export type CheckedGroup = {readonly group: string; readonly provider: string; readonly size?: UserdataSize}

export type FleetCheck = {
  readonly findings: readonly GroupsFinding[]
  readonly groups: readonly CheckedGroup[]
  /** Programs that are not installed here, so that nothing is said on their behalf. */
  readonly unchecked: readonly string[]
}

/** Looks for mistakes in what each group's instances would get, as far as they show without booting one. */
export async function checkFleet(options: RenderOptions, only?: string): Promise<FleetCheck> {
  return together(await eachGroup(options, only, checkGroup))
}

/** The same for groups whose surroundings are there already. */
export const checkGroups = (groups: readonly GroupToRender[]): FleetCheck => together(groups.map(checkGroup))

function together(checked: readonly ReturnType<typeof checkGroup>[]): FleetCheck {
  return {
    findings: merge(checked.flatMap(({findings}) => findings)),
    groups: checked.map(({group}) => group),
    unchecked: [...new Set(checked.flatMap(({absent}) => [...absent]))],
  }
}

function checkGroup({fleet, group, template, render}: GroupToRender) {
  const {findings, filled} = lintTemplate(template, templateValues(fleet, group))
  const said =
    filled === undefined ? {findings: [], absent: new Set<string>()} : checkDocument(template, filled)
  const sized = trySizing(render, template.name)
  return {
    group: {group: group.name, provider: group.place.provider, ...(sized.size && {size: sized.size})},
    findings: [...findings, ...said.findings, ...sized.findings].map(finding => ({
      ...finding,
      groups: [group.name],
    })),
    absent: said.absent,
  }
}

function trySizing(
  render: GroupToRender['render'],
  template: string,
): {size?: UserdataSize; findings: Finding[]} {
  try {
    const {rawBytes, sentBytes, limitBytes, compressed} = render()
    return {size: {rawBytes, sentBytes, limitBytes, compressed}, findings: []}
  } catch (error) {
    if (error instanceof UserdataTooLargeError)
      return {
        findings: [{rule: 'size', place: {template}, message: error.message, hint: error.suggestions[0]}],
      }
    // Told with its place already.
    if (error instanceof TemplateError) return {findings: []}
    throw error
  }
}

function merge(findings: readonly GroupsFinding[]): GroupsFinding[] {
  const merged = new Map<string, GroupsFinding>()
  for (const finding of findings) {
    const {groups, ...what} = finding
    const key = JSON.stringify(what)
    merged.set(key, {...what, groups: [...(merged.get(key)?.groups ?? []), ...groups]})
  }
  return [...merged.values()].sort(
    ({place: a}, {place: b}) =>
      a.template.localeCompare(b.template) ||
      (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY),
  )
}

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
