/**
 * The parts of oclif that commands are made of, piece by piece: its index would also load what checks Node's version, which
 * the launcher has done by then.
 */
export * as Args from '@oclif/core/args'
export {Command} from '@oclif/core/command'
export * as Flags from '@oclif/core/flags'
