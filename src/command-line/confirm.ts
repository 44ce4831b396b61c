import {createInterface} from 'node:readline/promises'
import {UsageError} from '../errors.ts'
import {completed} from '../output/call.ts'
import {wrappedLines} from '../output/wrapped.ts'

/** `what` would happen; `question` asks for it in a few words; `suggestions` tell who cannot be asked what to do. */
export type Question = {
  readonly what: string
  readonly question: string
  readonly suggestions: readonly string[]
}

/** Whether somebody is there to be asked. */
export const canAsk = (json: boolean): boolean =>
  Boolean(process.stdin.isTTY && process.stderr.isTTY) && !json && !process.env.CI

/**
 * Asks on a terminal; elsewhere what would have been asked is refused. Throws UsageError unless the answer is yes; Ctrl-C and
 * the end of the input are none.
 */
export async function confirm(
  {what, question, suggestions}: Question,
  {yes, json}: {yes: boolean; json: boolean},
): Promise<void> {
  if (yes) return
  if (!canAsk(json)) throw new UsageError(what, {suggestions: [...suggestions]})
  const prompt = createInterface({input: process.stdin, output: process.stderr})
  const closed = new Promise<string>(resolve => prompt.once('close', () => resolve('')))
  const asked = `${wrappedLines(completed(`${what} ${question} [y/N]`), process.stderr.columns)} `
  try {
    const answer = await Promise.race([prompt.question(asked), closed])
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was changed.')
  } finally {
    prompt.close()
  }
}
