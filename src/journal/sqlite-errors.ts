import {dirname} from 'node:path'
import {LockedError, McdError} from '../errors.ts'
import {NotAJournalError} from './sqlite-schema.ts'

/** SQLite's primary result codes (sqlite.org/rescode.html); an extended code carries its primary one in the low byte. */
const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
}

/** Runs work on the journal file; what SQLite or the file system throw becomes an error a person can act on. */
export function explained<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(path, error)
  }
}

function explain(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof McdError) return cause
  const {errcode, code = ''} = cause as Error & {errcode?: number; code?: string}
  switch (errcode === undefined ? code : errcode & 0xff) {
    case SQLITE.busy:
    case SQLITE.locked:
      return new LockedError(`The journal ${path} is held by another process.`, {
        cause,
        suggestions: ['Wait until the other run has ended, then run the same command again.'],
      })
    case SQLITE.corrupt:
    case SQLITE.notADatabase:
      return new NotAJournalError(path, cause)
    case SQLITE.full:
    case SQLITE.ioError:
    case 'ENOSPC':
      return new McdError(
        `The journal ${path} cannot be written: ${cause.message}. Nothing was changed after that.`,
        {
          cause,
          suggestions: [
            'Make room on the disk, then run the same command again: it goes on where it stopped.',
          ],
        },
      )
    case SQLITE.readOnly:
    case SQLITE.cannotOpen:
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENOENT':
    case 'EISDIR':
      return new McdError(`The journal ${path} cannot be opened to write: ${cause.message}.`, {
        cause,
        suggestions: [
          `Make ${dirname(path)} a folder you may write: mcd records there what it does before it does it.`,
        ],
      })
    default:
      return cause
  }
}
