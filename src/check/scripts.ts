import {isScalar, LineCounter, parseDocument} from 'yaml'
import type {TemplateKind} from '../userdata/template.ts'

/** A shell script within userdata. */
export type Script = {
  readonly text: string
  readonly shell: 'sh' | 'bash'
  /** Where it stands in the document: `runcmd[2]`. Empty when it is the document. */
  readonly within: string
  /** Line of the document (from 1) on which it begins. */
  readonly line: number
}

/** Every shell script that a document holds: itself, files that begin with a shell's `#!`, commands. */
export function scriptsOf(kind: TemplateKind, filled: string): Script[] {
  if (kind === 'shell') {
    const shell = shellOf(filled)
    return shell ? [{text: filled, shell, within: '', line: 1}] : []
  }
  const lines = new LineCounter()
  const document = parseDocument(filled, {lineCounter: lines})
  const lineOf = (path: readonly (string | number)[]) => {
    const node = document.getIn(path, true)
    return isScalar(node) && node.range ? lines.linePos(node.range[0]).line : 1
  }
  const config: unknown = document.toJS()
  const files = listIn(config, 'write_files').flatMap((file, index): Script[] => {
    const {path, content} = asRecord(file)
    if (typeof content !== 'string') return []
    const shell = shellOf(content)
    return shell
      ? [{text: content, shell, within: String(path), line: lineOf(['write_files', index, 'content'])}]
      : []
  })
  const commands = ['bootcmd', 'runcmd'].flatMap(key =>
    listIn(config, key).flatMap((command, index): Script[] => {
      const within = `${key}[${index}]`
      if (typeof command === 'string')
        return [{text: command, shell: 'sh', within, line: lineOf([key, index])}]
      const [program, flag, text] = Array.isArray(command) ? command : []
      const shell = /^(?:\/(?:usr\/)?bin\/)?(sh|bash)$/.exec(String(program))?.[1] as
        | Script['shell']
        | undefined
      if (!shell || flag !== '-c' || typeof text !== 'string') return []
      return [{text, shell, within, line: lineOf([key, index, 2])}]
    }),
  )
  return [...files, ...commands]
}

function shellOf(text: string): Script['shell'] | undefined {
  return /^#!\s*\S*\/(?:env\s+)?(sh|dash|bash)\b/.exec(text)?.[1]?.replace('dash', 'sh') as
    | Script['shell']
    | undefined
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

function listIn(config: unknown, key: string): unknown[] {
  const list = asRecord(config)[key]
  return Array.isArray(list) ? list : []
}
