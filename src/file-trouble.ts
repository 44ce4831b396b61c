import {dirname} from 'node:path'

/**
 * Why a file cannot be written, and what to do: the system's code (`ENOENT`) tells a person neither. `why` completes
 * "FILE cannot be written: …".
 */
export function writeTrouble(path: string, error: unknown): {why: string; suggestion: string} {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  const folder = dirname(path)
  switch (code) {
    case 'ENOENT':
      return {
        why: `there is no folder ${folder}`,
        suggestion: 'Make that folder, or name a file in one that is there.',
      }
    case 'ENOTDIR':
      return {why: `${folder} is no folder`, suggestion: 'Name a file in a folder.'}
    case 'EEXIST':
      return {why: 'another file is in its way', suggestion: 'Name another one.'}
    case 'EISDIR':
      return {why: 'it is a folder', suggestion: 'Name a file in it.'}
    case 'EACCES':
    case 'EPERM':
      return {why: 'you may not write there', suggestion: 'Name a file in a folder that you may write to.'}
    case 'EROFS':
      return {why: 'its disk can only be read', suggestion: 'Name a file in a folder that you may write to.'}
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        why: 'there is no room for it',
        suggestion: 'Make room on the disk, or name a file on another one.',
      }
    default:
      return {
        why: code ?? (error instanceof Error ? error.message : String(error)),
        suggestion: 'Name a file in a folder that is there and that you may write to.',
      }
  }
}

/** Why a file that is there cannot be read: it completes "FILE cannot be read: …". */
export function readTrouble(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM') return 'you may not read it'
  if (code === 'ENOTDIR') return 'a file stands where its path has a folder'
  return code ?? (error instanceof Error ? error.message : String(error))
}
