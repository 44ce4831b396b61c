import {isScalar} from 'yaml'
import {UsageError} from '../../errors.ts'
import {type DocumentOptions, type Environment, readDocument} from './document.ts'
import type {Layer} from './layers.ts'
import type {Path} from './mistake.ts'
import {readYaml} from './yaml.ts'

/** `groups.virginia.count=3` taken apart. */
export type Setting = {readonly path: Path; readonly written: string; readonly value: string}

/** A key, a key in quotes, or an index in brackets, and what may follow it. */
const STEP = /(?:\[(\d+)\]|\.?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^.=[\]"'\s]+)))/y

/** Throws UsageError with everything that is wrong with them. No value is repeated: it may be a secret in the wrong place. */
export function parseSettings(texts: readonly string[]): Setting[] {
  const settings = texts.map(parseSetting)
  const wrong = settings.flatMap(setting => (typeof setting === 'string' ? [setting] : []))
  if (wrong.length > 0)
    throw new UsageError(wrong.join('\n'), {
      suggestions: [
        'Write it as in: --set groups.virginia.count=3',
        'Put keys with dots in quotes: --set \'groups.virginia.tags."a.b"=c\'',
      ],
    })
  return settings.filter(setting => typeof setting !== 'string')
}

function parseSetting(text: string): Setting | string {
  const path: (string | number)[] = []
  let end = 0
  for (;;) {
    STEP.lastIndex = end
    const [step, index, double, single, plain] = STEP.exec(text) ?? []
    if (step === undefined || (path.length === 0 && step.startsWith('.'))) break
    if (path.length > 0 && index === undefined && !step.startsWith('.')) break
    path.push(
      index === undefined ? (double?.replace(/\\(.)/g, '$1') ?? single ?? plain ?? '') : Number(index),
    )
    end += step.length
  }
  const written = text.slice(0, end)
  if (text[end] === '=' && path.length > 0) return {path, written, value: text.slice(end + 1)}
  if (end === text.length && end > 0) return `--set ${written} gives no value.`
  return end === 0
    ? '--set needs a path and a value, with "=" between them.'
    : `--set ${written}… is no path: something that belongs to none stands after "${written}".`
}

/** A path as `--set` takes it. */
export function settingPath(path: Path): string {
  const step = (key: string) => (/^[^.=[\]"'\s]+$/.test(key) ? key : JSON.stringify(key))
  return path
    .map((each, index) => (typeof each === 'number' ? `[${each}]` : `${index > 0 ? '.' : ''}${step(each)}`))
    .join('')
}

/** What one `--set` gives, as a layer over the files. */
export function settingLayer(
  {path, written, value}: Setting,
  env: Environment,
  mayBeUnset?: DocumentOptions['mayBeUnset'],
): Layer {
  const text = asYaml(value)
  return {
    name: `--set ${written}`,
    text,
    mount: path,
    document: readDocument(text, env, {
      mayBeUnset: mayBeUnset && ((local, raw) => mayBeUnset([...path, ...local], raw)),
    }),
  }
}

/**
 * Lists, mappings and quoted text are YAML, and so is what YAML reads as one plain value (a number, true, null). Everything
 * else is text as it stands: "Hello: world" is no mapping here, and "#1" no comment.
 */
function asYaml(value: string): string {
  if (/^\s*[[{"']/.test(value)) return value
  const contents = readYaml(value).document?.contents
  return isScalar(contents) && contents.source === value && !contents.tag ? value : JSON.stringify(value)
}
