import {createInterface} from 'node:readline/promises'
import {UsageError} from '../errors.ts'

/**
 * Asks on the terminal; on stderr, so that stdout stays for results. What was typed ahead answers the next question. Rejects
 * when the input ends or Ctrl-C is pressed: otherwise the process would wait for nothing, and end in silence.
 */
export function openTerminal(
  input: NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
) {
  const lines = createInterface({input, output})
  const typed: string[] = []
  let isOpen = true
  let waiting: PromiseWithResolvers<string> | undefined
  const unanswered = () => new UsageError('Not everything was answered. Nothing was written.')

  lines.on('line', line => {
    if (waiting) waiting.resolve(line)
    else typed.push(line)
    waiting = undefined
  })
  lines.once('close', () => {
    isOpen = false
    waiting?.reject(unanswered())
  })
  return {
    async question(text: string): Promise<string> {
      const ahead = typed.shift()
      if (ahead !== undefined) return ahead
      if (!isOpen) throw unanswered()
      waiting = Promise.withResolvers<string>()
      lines.setPrompt(text)
      lines.prompt()
      return waiting.promise
    },
    close: () => lines.close(),
  }
}
