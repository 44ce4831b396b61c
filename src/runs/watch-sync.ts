import {readFileSync} from 'node:fs'
import {durationFlag} from '../command-line/duration-flag.ts'
import {formatDuration} from '../duration.ts'
import type {FleetSource} from '../fleet/file/read.ts'
import {watchSync} from '../fleet/watch-sync.ts'
import {clockWatch} from '../journal/shared-clock.ts'
import {syncLines} from '../output/sync-text.ts'
import {isRunning} from '../process-identity.ts'
import {realRuntime} from '../runtime.ts'
import {thisRun} from '../state/this-run.ts'
import {type Context, openContext} from '../surroundings/context.ts'

export type WatchFlags = FleetSource & {
  readonly sandbox: boolean
  readonly allowEmpty: boolean
  readonly allowShrink: boolean
  readonly interval: string
  readonly timeout: string
  readonly signal: AbortSignal
}

/** `mcd sync --watch`: prints a line for each change, until the signal. When a fleet file changes, all are read again. */
export async function watchCommand(
  {file, set, sandbox, signal, allowEmpty, allowShrink, interval, timeout}: WatchFlags,
  print: (line: string) => void,
): Promise<void> {
  const intervalMs = durationFlag('--interval', interval)
  const timeoutMs = durationFlag('--timeout', timeout)
  let text: string | undefined
  let context: Context | undefined
  let wasClockSet = clockWatch()
  async function latest(): Promise<Context> {
    const now = [file].flat().map(readText).join('\0')
    // One whose lease was lost is stopped for good.
    if (context && text === now && !wasClockSet() && !context.outside.runtime.signal.aborted) return context
    await context?.close()
    context = undefined
    wasClockSet = clockWatch()
    context = await openContext({file, set, sandbox, signal, journal: 'write'})
    text = now
    return context
  }
  try {
    // Mistakes that stand in the file from the beginning are no news of a round.
    const {fleet} = await latest()
    const names = [...new Set(fleet.names.map(({name}) => name))].join(', ')
    process.stderr.write(`Watching ${names}, every ${formatDuration(intervalMs)}. Ctrl-C ends it.\n`)
    await watchSync(
      {runtime: realRuntime(signal)},
      {
        intervalMs,
        timeoutMs,
        approval: {allowEmpty, allowShrink},
        identity: thisRun(),
        isRunning,
        open: latest,
        tell: news => {
          for (const line of syncLines(news)) print(line)
        },
      },
    )
  } finally {
    await context?.close()
  }
}

/** Undefined where it cannot be read, which whoever opens it says in full. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
