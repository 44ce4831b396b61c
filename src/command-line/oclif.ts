/**
 * The parts of oclif that commands are made of, piece by piece: its index would also load what checks Node's version, which
 * the launcher has done by then.
 */
import {custom} from '@oclif/core/args'

export {Command} from '@oclif/core/command'
export * as Flags from '@oclif/core/flags'

/**
 * Only what was typed is an argument. oclif would take one that is left out from stdin, in "while read …; do mcd drain; done"
 * the next line of the list, and wait for it on every stdin that says nothing.
 */
export const Args = {string: custom<string>({ignoreStdin: true})}
