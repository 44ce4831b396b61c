import type {MachineNews} from './spec.ts'

/** One powered-on machine, wherever it runs. */
export type MachineHandle = {
  /** Of its own process; absent where it has none. */
  readonly pid: number | undefined
  /** Its service fails every request from now on, or answers again. */
  setServing(serves: boolean): void
  /** The power button: it says goodbye and ends. */
  shutdown(): void
  /** Power off, no last words. */
  kill(): void
}

export type MachineListener = {
  print(text: string): void
  tell(news: MachineNews): void
  /** Called once, when it is off, however that came about. */
  gone(): void
}
