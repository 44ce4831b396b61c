import {existsSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import type {Interfaces} from '@oclif/core'
import {EXIT, FleetFileError, formatError, InterruptedError, McdError} from '../errors.ts'
import {errorAnnotations} from '../output/annotations.ts'
import {completed, rememberCall} from '../output/call.ts'
import {wrappedLines} from '../output/wrapped.ts'
import {Command, Flags} from './oclif.ts'
import {usageMistake} from './usage-mistake.ts'

/** After this a call in flight is abandoned, its intent left open for the next run (decision 30). */
const FINISH_CALL_MS = 8_000
/** What is left then: to give the lease back, and to say so. CI kills a cancelled job after ten seconds. */
const LAST_WORDS_MS = 1_200

export const fileFlag = Flags.string({
  char: 'f',
  description:
    'The fleet file. Repeated, later files are laid over earlier ones: mappings are merged, "~" removes.',
  default: ['./mcd.yaml'],
  helpValue: 'FILE',
  multiple: true,
  // What follows the one file is an argument of the command.
  multipleNonGreedy: true,
})
/** Of every command that reads the fleet file. */
export const fleetFlags = {
  file: fileFlag,
  set: Flags.string({
    description:
      'Set a value for this call, over what the files say: groups.virginia.count=3. May be repeated.',
    helpValue: 'PATH=VALUE',
    multiple: true,
    multipleNonGreedy: true,
  }),
}
/** Where the fleet file lies, and with it the fleet's state and its sandbox. */
export const folderOf = ([file = '.']: readonly string[]): string => dirname(resolve(file))
export const sandboxFlag = Flags.boolean({
  description: 'Use the embedded clouds instead of real ones; starts them when they are not running.',
  default: false,
})
/** For who only looks: what is shown is not what stood in an earlier one. */
export const NEW_SANDBOX = 'No sandbox was running here: a new one was started, and nothing is in it yet.'
/** For commands that read the journal alone. */
export const journalOfSandboxFlag = Flags.boolean({
  description: 'The journal of the embedded clouds instead of that of real ones.',
  default: false,
})
export const yesFlag = Flags.boolean({
  char: 'y',
  description: 'Do not ask before instances are ended.',
  default: false,
})

export const nowFlag = Flags.boolean({
  description:
    'End instances as soon as they are out of DNS, without waiting until resolvers have forgotten them. The plan says what that costs clients.',
  default: false,
})

export const waitFlag = Flags.boolean({
  description: 'While another run works on the fleet: wait for its end instead of refusing.',
  default: false,
})

export const formatFlag = Flags.option({
  options: ['text', 'markdown'] as const,
  description: "How it is printed: markdown suits a pull request's comment and a job's summary.",
  default: 'text' as const,
})()

/** The real clouds were not reached, where the fleet that stands here may be the sandbox's. */
const isUnreached = (error: McdError): boolean =>
  error.exit === EXIT.failed || error instanceof FleetFileError

const sandboxRunsIn = (folder: string): boolean => existsSync(join(folder, '.mcd', 'sandbox', 'sandbox.json'))
const ADD_SANDBOX = 'The sandbox of this folder runs: add --sandbox to use it.'

/** What oclif calls flags and arguments before anybody knows which. */
type Values = Record<string, unknown>

/** What every command of mcd has: errors that read like a colleague, exit statuses of the contract, signals. */
export abstract class McdCommand extends Command {
  static override enableJsonFlag = true
  /** Of the fleet file. */
  #folder = '.'

  /** Remembers how mcd was called: what it tells people to run next is called alike. */
  protected override async parse<F extends Values, B extends Values, A extends Values>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv)
    const {file, set, sandbox} = parsed.flags as {file?: string[]; set?: string[]; sandbox?: boolean}
    if (file) this.#folder = folderOf(file)
    rememberCall({
      ...(file && !parsed.metadata.flags.file?.setFromDefault ? {file} : {}),
      ...(set ? {set} : {}),
      ...(sandbox ? {sandbox} : {}),
      commands: new Map(
        this.config.commands.map(({id, flags}) => [id.replaceAll(':', ' '), Object.keys(flags)]),
      ),
    })
    return parsed
  }

  override log(message = '', ...values: unknown[]): void {
    super.log(completed(message), ...values)
  }

  override logToStderr(message = '', ...values: unknown[]): void {
    super.logToStderr(completed(message), ...values)
  }

  /** For what is to stay as it is to the byte. */
  protected logExactly(text: string): void {
    super.log(text)
  }

  /**
   * For what runs long: aborted by the first Ctrl-C or SIGTERM; one more Ctrl-C stops at once, which is as safe as SIGKILL.
   * One more SIGTERM is the same one: who cancels a job tells all of its processes, and those that started mcd pass it on.
   * Who only `looks` has nothing to finish, and ends at once.
   */
  protected interruptible({quiet = false, looks = false} = {}): AbortSignal {
    const controller = new AbortController()
    const patienceMs = looks ? 0 : FINISH_CALL_MS
    let first: 'SIGINT' | 'SIGTERM' | undefined
    const stop = (signal: 'SIGINT' | 'SIGTERM') => {
      const status = signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted
      if (signal === 'SIGTERM' && first === 'SIGTERM') return
      if (first) process.exit(status)
      first = signal
      process.exitCode = status
      if (!quiet && !looks)
        process.stderr.write(
          `\nFinishing the call in flight; ${signal === 'SIGTERM' ? 'Ctrl-C' : 'once more'} to stop at once.\n`,
        )
      const abandon = new AbortController()
      controller.abort(new InterruptedError(signal, {abandon: abandon.signal}))
      const message = looks
        ? 'Interrupted. Nothing was changed.'
        : `Interrupted: the call in flight had no answer after ${patienceMs / 1_000} s. The next run finds out what came of it.`
      setTimeout(() => abandon.abort(new InterruptedError(signal, {message})), patienceMs).unref()
      setTimeout(() => process.exit(status), patienceMs + LAST_WORDS_MS).unref()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    return controller.signal
  }

  /** Nothing is there, and the fleet that stands here is the sandbox's. */
  protected hintAtSandbox({sandbox}: {sandbox: boolean}): void {
    if (!sandbox && sandboxRunsIn(this.#folder)) this.log(`  → ${ADD_SANDBOX}`)
  }

  protected override async catch(thrown: Error & {exitCode?: number}): Promise<void> {
    const known = ['json', 'help', ...Object.keys(this.ctor.flags)]
    const command = this.id?.replaceAll(':', ' ') ?? ''
    const error = usageMistake(thrown, command, known) ?? thrown
    if (!(error instanceof McdError)) return super.catch(error)
    process.exitCode = error.exit
    const mayHaveMeantSandbox =
      'sandbox' in this.ctor.flags && isUnreached(error) && !this.argv.includes('--sandbox')
    if (mayHaveMeantSandbox && sandboxRunsIn(this.#folder)) error.suggestions.push(ADD_SANDBOX)
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(error))
    else process.stderr.write(`${wrappedLines(completed(formatError(error)), process.stderr.columns)}\n`)
    for (const line of errorAnnotations(error, `mcd ${command}`, process.env))
      process.stderr.write(`${line}\n`)
  }

  protected override toErrorJson(error: unknown): unknown {
    if (!(error instanceof McdError))
      return {error: {message: error instanceof Error ? error.message : String(error)}}
    const {name, message, suggestions, exit} = error
    return {
      error: {
        name,
        message,
        suggestions,
        exit,
        ...(error instanceof FleetFileError ? {problems: error.problems} : {}),
      },
    }
  }
}
