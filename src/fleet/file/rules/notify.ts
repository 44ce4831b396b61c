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

/** Who is told under one address is one receiver: a second secret for it would sign nothing. No address is repeated. */
export const receiversOnce: Rule = (data, report) => {
  const {notify} = asMapping(data)
  if (!Array.isArray(notify)) return
  const urls = notify.map(receiver => asText(asMapping(receiver).url))
  for (const [index, url] of urls.entries()) {
    const first = urls.indexOf(url)
    if (url !== undefined && first < index)
      report(
        ['notify', index, 'url'],
        `this is the address of notify[${first}]`,
        'name a receiver once, with all its "events"',
      )
  }
}
