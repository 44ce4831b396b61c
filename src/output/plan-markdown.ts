import type {Note, Plan} from '../fleet/plan/action.ts'
import {planText} from './plan-text.ts'

/**
 * The plan for a pull request's comment or a job's summary: what it comes to in one line, what a person should know, the
 * actions and what changes for the guests folded up under it. GitHub and GitLab both show it so.
 */
export function planMarkdown(fleet: string, plan: Plan, userdataDiff: string): string {
  const text = planText({...plan, notes: []})
  const [verdict = '', ...rest] = text.split('\n').reverse().filter(Boolean)
  const isEmpty = plan.actions.length === 0
  return [
    `### mcd plan: fleet \`${fleet}\``,
    '',
    `**${isEmpty ? text : verdict}**`,
    ...noteLines(plan.notes),
    ...(isEmpty ? [] : folded('Actions', '', rest.reverse().join('\n'))),
    ...(userdataDiff === '' ? [] : folded('Userdata', 'diff', outdented(userdataDiff))),
    '',
  ].join('\n')
}

/** GitHub has words of its own for what should be seen first; elsewhere they read as a quotation. */
function noteLines(notes: readonly Note[]): string[] {
  return notes.flatMap(({text, blocks}) => [
    '',
    `> [!${blocks ? 'WARNING' : 'NOTE'}]`,
    ...text.split('\n').map(line => `> ${escaped(line)}`),
  ])
}

const folded = (title: string, language: string, text: string): string[] => {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return [
    '',
    '<details open>',
    `<summary>${title}</summary>`,
    '',
    `${fence}${language}`,
    text,
    fence,
    '',
    '</details>',
  ]
}

/** A diff is coloured where its signs stand first. */
const outdented = (text: string): string => text.replaceAll(/^ {4}/gm, '')

const escaped = (text: string): string => text.replaceAll(/[\\<>*_`[\]]/g, '\\$&')
