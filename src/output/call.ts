/**
 * Commands in texts for people ("mcd up", → mcd sync), as they work when they are pasted: with the flags by which this call
 * found its fleet. Texts are made deep inside, by who knows nothing of a command line; here, where they leave, is the one place
 * that knows. What programs read (`--json`) stays as it is: they know how they called.
 */

/** How mcd was called, as far as another command must be called alike. */
export type Call = {
  /** Absent where it is the default. */
  readonly file?: readonly string[]
  readonly set?: readonly string[]
  readonly sandbox?: boolean
  /** The commands by their words ("ttl lower"), each with the flags it takes. */
  readonly commands: ReadonlyMap<string, readonly string[]>
}

let thisCall: Call | undefined

/** Once, when the command line has been read. */
export function rememberCall(call: Call): void {
  thisCall = call
}

/** A text that is about to be shown to somebody. */
export const completed = (text: string): string => (thisCall ? completedFor(thisCall, text) : text)

/** The text with every command in it complete: in quotes, after an arrow or a colon, or as the alternative to such a one. */
export function completedFor(call: Call, text: string): string {
  const given = flagsOf(call)
  if (given.length === 0) return text
  const words = [...call.commands.keys()]
    .sort((a, b) => b.length - a.length)
    .map(name => name.replace(' ', '\\s+'))
  const command = new RegExp(
    `(?<=["→:]\\s?|\\b(?:or|then)\\s)mcd\\s+(${words.join('|')})(?![\\w-])${NEITHER}`,
    'g',
  )
  return text.replace(command, (spoken, name: string) => {
    const takes = call.commands.get(name.replace(/\s+/, ' ')) ?? []
    return [spoken, ...given.flatMap(([flag, written]) => (takes.includes(flag) ? [written] : []))].join(' ')
  })
}

/** What is complete already, and what somebody else did ("mcd up" by ann on laptop). */
const NEITHER = '(?!\\s+(?:--help|-f|--set|--sandbox)\\b)(?![^"\\n]*" by\\b)'

/** Each flag with how it is written, values and all. */
function flagsOf({file = [], set = [], sandbox = false}: Call): [flag: string, written: string][] {
  return [
    ...file.map((path): [string, string] => ['file', `-f ${shellWord(path)}`]),
    ...set.map((setting): [string, string] => ['set', `--set ${shownSetting(setting)}`]),
    ...(sandbox ? [['sandbox', '--sandbox'] as [string, string]] : []),
  ]
}

/** Under these keys somebody's secret may stand, though it should be a variable. */
const PRIVATE = /(?:^|[.[\]"'])(?:vars|metadata|instanceCredentials|state|notify)(?:$|[.[\]"'=])/

/** Who pastes a placeholder is stopped by the shell: it reads from a file of that name. */
function shownSetting(setting: string): string {
  const [path = ''] = setting.split('=', 1)
  const isPrivate =
    PRIVATE.test(path) || /[[{].*(?:vars|metadata|instanceCredentials|state|notify)/.test(setting)
  return isPrivate ? `${shellWord(path)}=<VALUE>` : shellWord(setting)
}

/** One word of a command that is to be pasted. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
