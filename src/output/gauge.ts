type Span = {readonly startedAtMs: number; readonly lastAtMs: number}

/** Where in a run something happened, in so many characters: `▕··███·····▏`. What was short is still a mark. */
export function gauge({startedAtMs, lastAtMs}: Span, fromMs: number, untilMs: number, width: number): string {
  const wholeMs = Math.max(1, lastAtMs - startedAtMs)
  const at = (ms: number) => Math.min(1, Math.max(0, (ms - startedAtMs) / wholeMs)) * width
  const first = Math.min(width - 1, Math.floor(at(fromMs)))
  const after = Math.max(first + 1, Math.min(width, Math.ceil(at(untilMs))))
  return `▕${'·'.repeat(first)}${'█'.repeat(after - first)}${'·'.repeat(width - after)}▏`
}
