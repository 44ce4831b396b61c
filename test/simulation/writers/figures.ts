/** What happened in one play. */
export type Figures = {
  operations: number
  reads: number
  writes: number
  /** Writes of ours that a vendor refused because somebody was first. */
  conflicts: number
  /** Writes of ours sent again, after a conflict or a lost reply. */
  retries: number
  lost: number
  /** Edits by others that CloudFlare's read-to-delete window swallowed, and the most calls of ours between the two. */
  windows: number
  widestWindow: number
  /** Times that mcd refused to take the last serving address. */
  refusedToEmpty: number
  /** Times that a name was emptied by mcd's change because the others left after it looked. */
  emptiedMeanwhile: number
  /** Times that the last instance took itself out. */
  leftByThemselves: number
}

export const noFigures = (): Figures => ({
  operations: 0,
  reads: 0,
  writes: 0,
  conflicts: 0,
  retries: 0,
  lost: 0,
  windows: 0,
  widestWindow: 0,
  refusedToEmpty: 0,
  emptiedMeanwhile: 0,
  leftByThemselves: 0,
})

export function add(total: Figures, {widestWindow, ...counts}: Figures): void {
  for (const [name, count] of Object.entries(counts)) total[name as keyof typeof counts] += count
  total.widestWindow = Math.max(total.widestWindow, widestWindow)
}

/** For people, in one line. */
export const describeFigures = (figures: Figures): string =>
  [
    `${figures.operations} operations`,
    `${figures.reads} reads and ${figures.writes} writes`,
    `${figures.conflicts} conflicts`,
    `${figures.retries} sent again`,
    `${figures.lost} lost on the way`,
    `${figures.windows} edits in the window between read and delete (${figures.widestWindow} calls wide at most)`,
    `${figures.refusedToEmpty} refusals to empty the name`,
    `${figures.emptiedMeanwhile} times emptied because others left after mcd looked`,
    `${figures.leftByThemselves} times by instances themselves`,
  ].join(', ')
