import {existsSync, realpathSync} from 'node:fs'
import {isAbsolute, relative} from 'node:path'
import {FleetFileError, formatError, type McdError, type Problem} from '../errors.ts'
import {completed} from './call.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * What GitHub Actions shows on the page of a run, and beside the line of the fleet file in a pull request: workflow commands,
 * which the runner reads from what a step prints. Empty elsewhere. Source: GitHub Docs, "Workflow commands for GitHub Actions".
 */
export function errorAnnotations(error: McdError, title: string, env: Environment): string[] {
  if (env.GITHUB_ACTIONS !== 'true') return []
  if (!(error instanceof FleetFileError)) return [annotation('error', {title}, formatError(error))]
  return error.problems.map(problem => {
    const {file, line, column = 1, message, hint} = problem
    const text = `${message}${hint ? ` (${hint})` : ''}`
    const path = inRepository(file, env)
    if (path === undefined) return annotation('error', {title}, `${at(problem)}: ${text}`)
    const place = line === undefined ? {} : {line: String(line), col: String(column)}
    return annotation('error', {title, file: path, ...place}, text)
  })
}

/** What a run that fell short has not done. */
export const warningAnnotations = (texts: readonly string[], title: string, env: Environment): string[] =>
  env.GITHUB_ACTIONS === 'true' ? texts.map(text => annotation('warning', {title}, text)) : []

/** Relative to the checkout; undefined where GitHub has no such file to show it in. */
function inRepository(file: string, {GITHUB_WORKSPACE}: Environment): string | undefined {
  if (!GITHUB_WORKSPACE || !existsSync(file)) return undefined
  // Both without links: a runner's folders may lie behind some.
  const path = relative(realpathSync(GITHUB_WORKSPACE), realpathSync(file))
  return path.startsWith('..') || isAbsolute(path) ? undefined : path
}

const at = ({file, line, column = 1}: Problem): string =>
  line === undefined ? file : `${file}:${line}:${column}`

/** `::error file=mcd.yaml,line=12,col=5,title=mcd plan::message`. Escapes as in actions/toolkit, packages/core/src/command.ts. */
function annotation(
  kind: 'error' | 'warning',
  properties: Readonly<Record<string, string>>,
  message: string,
): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(value)}`)
  return `::${kind} ${list.join(',')}::${escapedData(completed(message))}`
}

const escapedData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const escapedProperty = (text: string): string =>
  escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
