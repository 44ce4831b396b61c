/**
 * Plain data that is written as XML: an object is its child elements in order, an array repeats the element it stands
 * under, `undefined` is left out, and text is escaped.
 */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | {readonly [name: string]: XmlValue}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** A whole document: `toXml('Response', {Errors: {Error: [{Code: 'x'}]}}, 'https://…')`. */
export function toXml(root: string, value: XmlValue, namespace?: string): string {
  return DECLARATION + element(root, value, namespace ? ` xmlns="${escapeXml(namespace)}"` : '')
}

function element(name: string, value: XmlValue, attributes = ''): string {
  if (value === undefined) return ''
  if (isList(value)) return value.map(item => element(name, item, attributes)).join('')
  const content = typeof value === 'object' ? children(value) : escapeXml(String(value))
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`
}

const children = (value: {readonly [name: string]: XmlValue}): string =>
  Object.entries(value)
    .map(([name, child]) => element(name, child))
    .join('')

const isList = (value: XmlValue): value is readonly XmlValue[] => Array.isArray(value)

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#xD;',
}

/** Text that is safe in content and in attributes. What XML 1.0 cannot hold at all becomes U+FFFD. */
function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly the characters XML 1.0 forbids.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[&<>"'\r]/g, character => ESCAPES[character] ?? character)
  )
}
