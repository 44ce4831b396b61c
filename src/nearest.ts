/**
 * The candidate a mistyped word most likely meant, for "did you mean …?"; undefined when none is near enough to be worth
 * suggesting. Case counts for nothing. Of equally near candidates the first one wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase()
  let best: {candidate: string; edits: number} | undefined
  for (const candidate of candidates) {
    const edits = editDistance(typed, candidate.toLowerCase())
    // A third of the letters may be wrong, but never all: "cuont" finds "count", "type" does not suggest "spot", nor "a" "b".
    if (edits > Math.max(1, Math.floor(Math.max(typed.length, candidate.length) / 3))) continue
    if (edits >= Math.max(typed.length, candidate.length)) continue
    if (!best || edits < best.edits) best = {candidate, edits}
  }
  return best?.candidate
}

/** Damerau–Levenshtein (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({length: to.length + 1}, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const current = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      let edits = Math.min(at(previous, j) + 1, at(current, j - 1) + 1, at(previous, j - 1) + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      if (swapped) edits = Math.min(edits, at(beforePrevious, j - 2) + 1)
      current.push(edits)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, to.length)
}

const at = (row: number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
