import type {Recorded} from '../../journal/recorded.ts'
import type {Desired} from '../desired.ts'
import type {Outside} from '../outside.ts'
import type {Plan} from '../plan/action.ts'

/** The user's part of a group's userdata as a launch would send it, secrets as their origin, beside that of its last launch. */
export type UserdataChange = {readonly group: string; readonly before?: string; readonly after: string}

/** For each group that the plan launches in, now or in its turn: what its instances would be told, and what the last ones were. */
export function userdataChanges(
  outside: Outside,
  {fleet}: Desired,
  recorded: Recorded,
  {actions}: Plan,
): UserdataChange[] {
  const launching = new Set(
    actions.flatMap(action =>
      (action.kind === 'launch' && action.resumes === undefined) || action.kind === 'replace'
        ? [action.group]
        : [],
    ),
  )
  return fleet.groups
    .filter(({name}) => launching.has(name))
    .flatMap(group => {
      const after = textOf(outside.userdata.spec(group))
      const last = [...recorded.launches.values()].findLast(launch => launch.group === group.name)
      const before = last && textOf(last.order.userdataSpec)
      return after === undefined
        ? []
        : [{group: group.name, after, ...(before === undefined ? {} : {before})}]
    })
}

function textOf(spec: unknown): string | undefined {
  const text = (spec as {text?: unknown} | undefined)?.text
  return typeof text === 'string' ? text : undefined
}
