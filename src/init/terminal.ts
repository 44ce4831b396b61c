import {createInterface} from 'node:readline/promises'
import {UsageError} from '../errors.ts'

/** Asks on the terminal, on stderr so that stdout stays for results. Rejects when the input ends or Ctrl-C is pressed. */
export function openTerminal(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
) {
  const lines = createInterface({input, output})
  const ended = new AbortController()
  lines.once('close', () => ended.abort(new UsageError('Not everything was answered. Nothing was written.')))
  return {
    async question(text: string): Promise<string> {
      // An answer that never comes would leave the process without anything to wait for: it would end in silence.
      return await new Promise<string>((resolve, reject) => {
        ended.signal.addEventListener('abort', () => reject(ended.signal.reason), {once: true})
        if (ended.signal.aborted) reject(ended.signal.reason)
        else lines.question(text).then(resolve, reject)
      })
    },
    close: () => lines.close(),
  }
}
