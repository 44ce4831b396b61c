/** One element: its name without prefix, the namespace it is in, and its text with entities resolved. */
export type XmlElement = {
  readonly name: string
  readonly namespace: string
  readonly children: readonly XmlElement[]
  /** Of the element itself, not of its children. */
  readonly text: string
}

/** The document is not well-formed, or holds what is not accepted here. The message says what and where. */
export class XmlError extends Error {
  override name = 'XmlError'
}

const MAX_DEPTH = 32
const NAME = String.raw`[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?`
const ATTRIBUTES = String.raw`(?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*`
const TOKEN = new RegExp(
  [
    '(?<skip><!--(?:(?!--)[\\s\\S])*-->|<\\?[\\s\\S]*?\\?>)',
    '<!\\[CDATA\\[(?<data>[\\s\\S]*?)\\]\\]>',
    `</(?<close>${NAME})\\s*>`,
    `<(?<open>${NAME})(?<attributes>${ATTRIBUTES})\\s*(?<empty>/?)>`,
    '(?<text>[^<]+)',
  ].join('|'),
  'y',
)

type Open = {
  tag: string
  element: XmlElement & {children: XmlElement[]; text: string}
  scope: Map<string, string>
}

/**
 * Reads a small XML document strictly: well-formed, one root, no document type (and with it no entity but the five of XML).
 * Throws XmlError.
 */
export function readXml(source: string): XmlElement {
  const text = source.replace(/^\ufeff/, '')
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new XmlError('DOCTYPE is disallowed')
  const open: Open[] = []
  let root: XmlElement | undefined
  let at = 0
  const fail = (what: string): never => {
    throw new XmlError(`lineNumber: ${text.slice(0, at).split('\n').length}; ${what}`)
  }
  while (at < text.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)?.groups ?? fail('The markup is not well-formed.')
    const inside = open.at(-1)
    if (token.open !== undefined) {
      if (!inside && root) fail('There must be one root element only.')
      if (open.length >= MAX_DEPTH) fail('Elements are nested too deep.')
      const opened = openElement(token.open, token.attributes ?? '', inside?.scope, fail)
      if (inside) inside.element.children.push(opened.element)
      else root = opened.element
      if (!token.empty) open.push(opened)
    } else if (token.close !== undefined) {
      if (inside?.tag !== token.close) fail(`The end tag ${token.close} has no matching start tag.`)
      open.pop()
    } else if (token.skip === undefined) {
      const content = token.data ?? resolveEntities(token.text ?? '', fail)
      if (inside) inside.element.text += content
      else if (content.trim() !== '') fail('Content is not allowed outside the root element.')
    }
    at = TOKEN.lastIndex
  }
  const [unclosed] = open
  if (unclosed) fail(`The element ${unclosed.tag} is not closed.`)
  return root ?? fail('There is no root element.')
}

function openElement(
  tag: string,
  attributes: string,
  outer: Map<string, string> | undefined,
  fail: (what: string) => never,
): Open {
  const scope = new Map(outer)
  for (const [, name = '', , prefix = '', quoted = ''] of attributes.matchAll(
    /(xmlns(:([\w.-]+))?)\s*=\s*("[^"]*"|'[^']*')/g,
  )) {
    if (name.startsWith('xmlns')) scope.set(prefix, resolveEntities(quoted.slice(1, -1), fail))
  }
  const [local = '', prefix = ''] = tag.split(':').reverse()
  const namespace = scope.get(prefix)
  if (prefix !== '' && namespace === undefined) fail(`The prefix ${prefix} is not bound.`)
  return {tag, scope, element: {name: local, namespace: namespace ?? '', children: [], text: ''}}
}

const ENTITIES: Record<string, string> = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'"}

function resolveEntities(text: string, fail: (what: string) => never): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6});|#(\d{1,7});|(\w+);)?/g,
    (whole, hex?: string, decimal?: string, name?: string) => {
      const point = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined
      if (point !== undefined && point > 0 && point <= 0x10ffff) return String.fromCodePoint(point)
      return (name && ENTITIES[name]) || fail(`The entity ${whole} is not known.`)
    },
  )
}
