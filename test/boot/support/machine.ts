import type {Process} from './leaks.ts'

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
  /** What runs on it now, as `ps` on it would show; nothing where that cannot be seen from here. */
  processes(): Process[]
  /** Which of these texts stand on its disk in what is not root's alone: one sentence each. */
  openFiles(secrets: readonly string[]): string[]
  /** Makes what lies in a folder of its disk as old as if it had been written so long ago. */
  age(folder: string, byMs: number): void
  /** A text file of its disk; undefined where there is none, or none to be seen while the machine runs. */
  read(path: string): string | undefined
  /** What it wrote about itself, for people. */
  story(): string
  /** Off, and nothing left of it. */
  discard(): Promise<void>
}
