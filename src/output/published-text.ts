import type {Published} from '../publish/publish.ts'
import {namesOf, recordText, type ServiceNames} from '../publish/service.ts'
import {wrappedLines} from './wrapped.ts'

/** `--json`: records as `SRV v1._http._tcp.example.com 0 0 80 db1.example.com`. */
export type PublishedReport = {
  name: string
  owner: string
  created: string[]
  removed: string[]
  notes: string[]
}

export const publishedReport = (
  service: ServiceNames & {readonly owner: string},
  {change, notes}: Published,
): PublishedReport => ({
  name: namesOf(service).instance,
  owner: service.owner,
  created: change.create.map(recordText),
  removed: change.remove.map(recordText),
  notes: [...notes],
})

/** Each record that was made or removed, with its sign, then the notes; `nothing` where there was nothing to do. */
export function publishedText({change: {create, remove}, notes}: Published, nothing: string): string {
  const records = [
    ...remove.map(member => `- ${recordText(member)}`),
    ...create.map(member => `+ ${recordText(member)}`),
  ]
  const lines = records.length > 0 ? records : [nothing]
  return [...lines, ...notes.map(note => wrappedLines(note, process.stdout.columns))].join('\n')
}
