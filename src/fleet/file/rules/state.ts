import {parseLocation} from '../../../journal/location.ts'
import type {Path} from '../mistake.ts'
import {writeVariable} from '../variables.ts'
import {asMapping, asText, type Rule} from './rule.ts'

/** A fleet file is committed and copied: a password in it is one that has leaked. */
export const statePasswordFromEnvironment =
  (variablesOf: (path: Path) => readonly string[]): Rule =>
  (data, report) => {
    const written = asText(asMapping(data).state)
    const location = written === undefined ? undefined : parseLocation(written)
    if (!location || 'problem' in location || location.kind !== 'postgres') return
    if (location.password && variablesOf(['state']).length === 0)
      report(
        ['state'],
        'state must not hold a password',
        `leave it out and set PGPASSWORD, or write "${writeVariable('NAME')}" in its place`,
      )
  }
