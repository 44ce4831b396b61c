import type {Fleet, Group} from '../fleet/model.ts'
import {templateValues} from '../userdata/fill.ts'
import {type Finding, lintTemplate} from '../userdata/lint.ts'
import {type RenderedUserdata, UserdataTooLargeError} from '../userdata/render.ts'
import type {UserdataSize} from '../userdata/size.ts'
import type {Template} from '../userdata/template.ts'
import {TemplateError} from '../userdata/template-error.ts'
import {checkDocument} from './check-document.ts'

/** What a group's instances would get is made of. */
export type GroupToCheck = {
  readonly fleet: Fleet
  readonly group: Group
  readonly template: Template
  readonly render: () => RenderedUserdata
}

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
export function checkGroups(groups: readonly GroupToCheck[]): FleetCheck {
  const checked = groups.map(checkGroup)
  return {
    findings: merge(checked.flatMap(({findings}) => findings)),
    groups: checked.map(({group}) => group),
    unchecked: [...new Set(checked.flatMap(({absent}) => [...absent]))],
  }
}

function checkGroup({fleet, group, template, render}: GroupToCheck) {
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
  render: GroupToCheck['render'],
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
