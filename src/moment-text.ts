/** `2026-01-01 12:00:00 UTC`, as sentences tell a moment: the same on the laptop, in CI and in the cloud's own logs. JSON has ISO 8601. */
export const momentText = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
