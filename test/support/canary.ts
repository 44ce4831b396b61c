/**
 * A secret that is looked for wherever something is written. Its core is letters and digits alone, which JSON, URLs, XML and
 * shells leave as they are; around it stands what they do not.
 */
export type Canary = {readonly name: string; readonly core: string; readonly value: string}

export const canary = (name: string, around: readonly [string, string] = ['', '']): Canary => {
  const core = `canary7c1f${name}e90b5d`
  return {name, core, value: around.join(core)}
}

/** `name as shape` of every canary in these bytes. */
export const canariesIn = (bytes: Buffer, canaries: readonly Canary[]): string[] =>
  canaries.flatMap(({name, core}) =>
    shapesOf(core).flatMap(([shape, text]) => (bytes.includes(text) ? [`${name} as ${shape}`] : [])),
  )

function shapesOf(core: string): (readonly [string, string])[] {
  const hex = Buffer.from(core).toString('hex')
  return [
    ['text', core],
    ['hex', hex],
    ['hex', hex.toUpperCase()],
    ...[0, 1, 2].map(before => [`base64 behind ${before} bytes`, insideBase64(core, before)] as const),
  ]
}

/** What of its base64 depends on nothing but itself, so many bytes behind a group of three; letters of both alphabets alone. */
function insideBase64(core: string, before: number): string {
  const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(core)]).toString('base64')
  const [first, end] = [Math.ceil((before * 8) / 6), Math.floor(((before + core.length) * 8) / 6)]
  const inside = encoded.slice(first, end)
  if (/[+/]/.test(inside)) throw new Error(`${core} has two spellings in base64: take another one.`)
  return inside
}
