/** One part of the userdata, for cloud-init. */
export type Part = {
  /** Its file name on the instance; cloud-init runs scripts in the order of their names. */
  readonly name: string
  readonly type: 'text/cloud-config' | 'text/x-shellscript'
  readonly text: string
}

/**
 * A MIME multipart document for cloud-init: the same parts give the same bytes, so that a launch can be repeated. `headers`
 * are our own words about it, which cloud-init passes over.
 * Source: cloud-init documentation, "User-data formats", MIME multi-part archive.
 */
export function multipart(parts: readonly Part[], headers: Readonly<Record<string, string>> = {}): string {
  const boundary = boundaryOf(parts)
  const lines = [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    'MIME-Version: 1.0',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    ...parts.flatMap(part => [`--${boundary}`, ...partLines(part)]),
    `--${boundary}--`,
    '',
  ]
  return lines.join('\n')
}

/** No part has it in its text; apart from that it is always the same, so that two documents differ only where their parts do. */
function boundaryOf(parts: readonly Part[]): string {
  for (let nth = 1; ; nth++) {
    const boundary = `mcd-part-${nth}`
    if (parts.every(({text}) => !text.includes(`--${boundary}`))) return boundary
  }
}

function partLines({name, type, text}: Part): string[] {
  // cloud-init decodes the document as text and gives 8-bit parts back mangled.
  const isPlain = /^[\t\n\x20-\x7e]*$/.test(text)
  return [
    `Content-Type: ${type}; charset="${isPlain ? 'us-ascii' : 'utf-8'}"`,
    `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'base64'}`,
    'MIME-Version: 1.0',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    isPlain
      ? text
      : Buffer.from(text)
          .toString('base64')
          .replace(/.{76}(?=.)/g, '$&\n'),
  ]
}
