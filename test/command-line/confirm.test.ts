import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {canAsk, confirm} from '../../src/command-line/confirm.ts'
import {EXIT, UsageError} from '../../src/errors.ts'
import {filesUnder, readSource} from '../house/source.ts'

const streams = [process.stdin, process.stderr]
const own = streams.map(({isTTY}) => isTTY)

const stand = ({stdin, stderr, ci}: {stdin: boolean; stderr: boolean; ci?: string}): void => {
  process.stdin.isTTY = stdin
  process.stderr.isTTY = stderr
  vi.stubEnv('CI', ci)
}

beforeEach(() => stand({stdin: true, stderr: true}))
afterEach(() => {
  for (const [index, stream] of streams.entries()) stream.isTTY = own[index] ?? false
  vi.unstubAllEnvs()
})

test.each([
  ['a person at a terminal', {stdin: true, stderr: true}, false, true],
  ['nobody who could answer', {stdin: false, stderr: true}, false, false],
  ['nobody who sees the question', {stdin: true, stderr: false}, false, false],
  ['a program that reads JSON', {stdin: true, stderr: true}, true, false],
  ['a CI job, even on a terminal', {stdin: true, stderr: true, ci: 'true'}, false, false],
] as const)('%s: %o, --json %s: is asked: %s', (_who, streams, json, expected) => {
  stand(streams)
  expect(canAsk(json)).toBe(expected)
})

test('who cannot be asked is refused, with what would happen and the flag that allows it: exit 2', async () => {
  stand({stdin: true, stderr: true, ci: 'true'})
  const question = {
    what: '2 instances would be ended.',
    question: 'Go on?',
    suggestions: ['Add --yes to allow it.'],
  }
  const refused = confirm(question, {yes: false, json: false})
  await expect(refused).rejects.toThrow(UsageError)
  await expect(refused).rejects.toMatchObject({
    message: question.what,
    suggestions: question.suggestions,
    exit: EXIT.usage,
  })
  await expect(confirm(question, {yes: true, json: false})).resolves.toBeUndefined()
})

test('whether somebody may be asked is decided in one place', () => {
  const asking = filesUnder('src')
    .filter(path => path.endsWith('.ts') && !path.startsWith('src/sandbox/machines/'))
    .map(readSource)
    .filter(({code}) => /readline|process\.stdin/.test(code))
  expect(asking.map(({path}) => path)).toEqual(['src/command-line/confirm.ts', 'src/init/terminal.ts'])
})
