import type {Path} from '../mistake.ts'
import {writeVariable} from '../variables.ts'
import {asMapping, asText, type Rule} from './rule.ts'

/** Who has the file could sign messages in mcd's name. */
export const signingSecretFromEnvironment =
  (variablesOf: (path: Path) => readonly string[]): Rule =>
  (data, report) => {
    const {notify} = asMapping(data)
    if (!Array.isArray(notify)) return
    for (const [index, receiver] of notify.entries()) {
      const at = ['notify', index, 'secret']
      if (asText(asMapping(receiver).secret) !== undefined && variablesOf(at).length === 0)
        report(
          at,
          'secret must not stand in the file itself',
          `put it into an environment variable and write "${writeVariable('NAME')}"`,
        )
    }
  }
