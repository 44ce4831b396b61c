/** A real machine for a guest of the world: a container or an emulator. */
export type Machine = {
  /** Switches it on; its disk is as it was when it went off. */
  start(): void
  /** The power button: resolves when it is off. */
  shutdown(): Promise<void>
  /** Power loss. Resolves when nothing of it runs. */
  cut(): Promise<void>
  /** Where a port of it is reached from the cloud side. */
  reach(port: number): {host: string; port: number}
  /** Which of these texts its processes show to everybody on it, or what is not root's alone on its disk holds: one sentence each. */
  leaks(secrets: readonly string[], where: 'processes' | 'files'): string[]
  /** A text file of its disk; undefined where there is none, or none to be seen while the machine runs. */
  read(path: string): string | undefined
  /** What it wrote about itself, for people. */
  story(): string
  /** Off, and nothing left of it. */
  discard(): Promise<void>
}
