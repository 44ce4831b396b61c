import type {Plan} from '../fleet/plan/action.ts'
import {completed} from './call.ts'
import {folded, page, remark} from './markdown.ts'
import {planText} from './plan-text.ts'

/**
 * The plan for a pull request's comment or a job's summary: what it comes to in one line, what a person should know, the
 * actions and what changes for the guests folded up under it. GitHub and GitLab both show it so. Its commands are complete; what
 * guests get is shown to the letter.
 */
export function planMarkdown(fleet: string, plan: Plan, userdataDiff: string): string {
  const text = completed(planText({...plan, notes: []}))
  const [verdict = '', ...rest] = text.split('\n').reverse().filter(Boolean)
  const isEmpty = plan.actions.length === 0
  return page([
    `### mcd plan: fleet \`${fleet}\``,
    '',
    `**${isEmpty ? text : verdict}**`,
    ...plan.notes.flatMap(({text, blocks}) => remark(blocks ? 'WARNING' : 'NOTE', text)),
    ...(isEmpty ? [] : folded('Actions', '', rest.reverse().join('\n'))),
    ...(userdataDiff === '' ? [] : folded('Userdata', 'diff', outdented(userdataDiff))),
    '',
  ])
}

/** A diff is coloured where its signs stand first. */
const outdented = (text: string): string => text.replaceAll(/^ {4}/gm, '')
