// The last lines of .ci/run: what failed, what was skipped without leave, and "N passed, N failed, N skipped".
// Usage: node tools/ci-summary.mjs [STEP=]REPORT.json… [FAILED_STEP…]: the reports of the steps that count one by one, of "tests"
// where none is named. Plain JavaScript: it must speak even where Node 24 is missing.
import {existsSync, readFileSync} from 'node:fs'

/** Skips that are right in CI. Anything else that skips there means that a program is missing, and fails. */
const LEAVE_TO_SKIP = [
  /\[cannot play: /, // a contract scenario that a provider does not have, with the reason
  /\(long\)/, // npm run test:long
  /\(needs an older Node\)/, // CI machines may have Node 24 alone
]

const words = process.argv.slice(2)
const failedSteps = words.filter(word => !word.endsWith('.json'))
/** Files of tests, each with the step that ran it. */
const files = words
  .filter(word => word.endsWith('.json'))
  .flatMap(word => {
    const [, step = 'tests', report] = /^(?:([\w ]+)=)?(.*)$/.exec(word)
    const {testResults = []} = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {}
    return testResults.map(file => ({...file, step}))
  })

const tests = files.flatMap(({name, assertionResults}) =>
  assertionResults.map(test => ({...test, file: name})),
)
const passed = tests.filter(({status}) => status === 'passed')
const skipped = tests.filter(({status}) => !['passed', 'failed'].includes(status))
const failures = [
  ...tests.filter(({status}) => status === 'failed').map(({fullName}) => `test: ${fullName}`),
  ...skipped
    .filter(({fullName}) => !LEAVE_TO_SKIP.some(leave => leave.test(fullName)))
    .map(({fullName}) => `skipped in CI: ${fullName}`),
  // A file that did not load has no tests to count.
  ...files
    .filter(
      ({status, assertionResults}) =>
        status === 'failed' && !assertionResults.some(test => test.status === 'failed'),
    )
    .map(({name, message}) => `file: ${name} ${message}`),
  // Failing tests make their step fail too; they are counted one by one above.
  ...failedSteps
    .filter(failed => !files.some(({step, status}) => step === failed && status === 'failed'))
    .map(step => `step: ${step}`),
]
const tolerated =
  tests.length - passed.length - failures.filter(line => /^(?:test|skipped in CI): /.test(line)).length

if (failures.length) console.log(`\nFailed:\n${failures.map(line => `  ${line}`).join('\n')}`)
console.log(`\n${passed.length} passed, ${failures.length} failed, ${tolerated} skipped`)
process.exitCode = failures.length || !tests.length ? 1 : 0
