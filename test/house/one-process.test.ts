import {expect, test} from 'vitest'
import {filesUnder, readSource} from './source.ts'

/** All unit tests of a worker share one process and one copy of the sources: what a file leaves there, the next one finds. */
const files = filesUnder('test')
  .filter(path => path.endsWith('.test.ts') && !path.startsWith('test/e2e/'))
  .map(readSource)

/** What changes the process for everybody, and what puts it back. */
const CHANGES: readonly (readonly [change: RegExp, back: RegExp])[] = [
  [/\bvi\.stubEnv\(/, /\bvi\.unstubAllEnvs\b/],
  [/\bvi\.stubGlobal\(/, /\bvi\.unstubAllGlobals\b/],
  [/\bvi\.spyOn\(/, /\bvi\.restoreAllMocks\b/],
  [/\brememberCall\(\{/, /\bafterEach\(\(\) => rememberCall\(/],
  [/\bprocess\.env\.\w+ = /, /\bdelete process\.env\.|\bprocess\.env\.\w+ = [a-z]/],
]

test('whoever changes the process in a test puts it back', () => {
  expect(files.length).toBeGreaterThan(150)
  const left = files.flatMap(({path, code}) =>
    CHANGES.filter(([change, back]) => change.test(code) && !back.test(code)).map(
      ([change]) => `${path}: ${change.source}`,
    ),
  )
  expect(left).toEqual([])
})

test('no module is mocked: another file may have loaded it already, or will find it mocked', () => {
  const mocking = files.filter(({code}) => /\bvi\.(?:do)?mock\(|\bvi\.resetModules\(/i.test(code))
  expect(mocking.map(({path}) => path)).toEqual([])
})
