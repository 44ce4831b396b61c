import {existsSync, renameSync} from 'node:fs'

/** The database last, after what SQLite keeps beside it: a log left behind would be read into the new one. */
const ENDS = ['-wal', '-shm', '-journal', '']

/** Where a journal's file goes that makes room for another one. It is never deleted. */
export const asideOf = (path: string, word: 'aside' | 'moved'): string =>
  `${path}.${word}-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}`

export function moveAside(path: string, to: string): void {
  for (const end of ENDS) if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${to}${end}`)
}
