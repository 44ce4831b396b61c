/**
 * The rules of CloudAPI's policies, as far as they say whether a call may be made: `[who] CAN a, b AND c [what] [WHEN condition]`.
 * Everything is denied that no rule allows. Source: node-aperture, lib/language.jison and lib/evaluator.js.
 */

/** 'sometimes': under a condition, or about some things only, which CloudAPI alone can judge. */
export type Verdict = 'always' | 'sometimes' | 'never'

const RULE = /^\s*(?<who>.*?)\s*\bcan\s+(?!not\b)(?<what>.+?)(?:\s+(?:if|when|where)\s+(?<condition>.+))?$/is
/** A pattern, a quoted name, a comma, or a bare name. */
const TOKEN = /\/(?:\\.|[^/\\])+\/[a-z]*::regexp?|"[^"]*"|,|[^\s,]+/gi
const EVERYTHING = /^(?:\*|all|everything|anything)$/i

/** What rules say of a call that goes by one of these names, in small letters as CloudAPI has them. */
export function judge(rules: readonly string[], names: readonly string[]): Verdict {
  const verdicts = rules.map(rule => judgeOne(rule, names))
  return verdicts.includes('always') ? 'always' : verdicts.includes('sometimes') ? 'sometimes' : 'never'
}

function judgeOne(rule: string, names: readonly string[]): Verdict {
  const {who = '', what = '', condition} = RULE.exec(rule)?.groups ?? {}
  const {actions, rest} = firstList(what.match(TOKEN) ?? [])
  if (!actions.some(action => names.some(name => fits(action, name)))) return 'never'
  const isForAll = [who, ...rest].every(word => word === '' || EVERYTHING.test(word))
  return condition === undefined && isForAll ? 'always' : 'sometimes'
}

/** `a, b, and c`: what follows without a comma or AND is no longer of the list. */
function firstList(tokens: readonly string[]): {actions: string[]; rest: string[]} {
  const actions: string[] = []
  let isOpen = true
  for (const [index, token] of tokens.entries()) {
    if (token === ',' || /^and$/i.test(token)) isOpen = true
    else if (isOpen) {
      actions.push(token)
      isOpen = false
    } else return {actions, rest: tokens.slice(index)}
  }
  return {actions, rest: []}
}

/** Names count letter by letter. */
function fits(action: string, name: string): boolean {
  const [, body, flags] = /^\/(.+)\/([a-z]*)::regexp?$/is.exec(action) ?? []
  if (body !== undefined) return patternFits(body, flags, name)
  if (EVERYTHING.test(action)) return true
  const plain = action.replace(/^"(.*)"$/, '$1')
  if (!plain.includes('*')) return plain === name
  return patternFits(plain.replace(/[-/\\^$+?.()|[\]{}]/g, '\\$&').replaceAll('*', '.*'), '', name)
}

function patternFits(body: string, flags: string | undefined, name: string): boolean {
  try {
    return new RegExp(body, flags).test(name)
  } catch {
    return false
  }
}
