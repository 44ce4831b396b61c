import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {expect, test} from 'vitest'
import {identifyProcess, isRunning, type ProcessIdentity} from '../../src/process-identity.ts'
import {guestEnvironment, runScript} from '../../src/sandbox/machines/run-script.ts'
import {eventually} from '../support/eventually.ts'

const RUN_SCRIPT = new URL('../../src/sandbox/machines/run-script.ts', import.meta.url).href
/** Tells its own id and that of a child, then both wait. */
const ENDLESS = 'sleep 600 & echo $$ $!; wait'

function start(script: string, timeoutMs = 60_000) {
  let printed = ''
  const run = runScript({
    command: ['-c', script],
    environment: guestEnvironment('/nowhere', {}),
    cwd: '/',
    timeoutMs,
    print: text => {
      printed += text
    },
  })
  return {run, printed: () => printed}
}

const identitiesIn = (printed: string): ProcessIdentity[] =>
  (printed.match(/\d+/g) ?? []).flatMap(pid => identifyProcess(Number(pid)) ?? [])

test('its exit status and its output come back', async () => {
  const {run, printed} = start('echo out; echo err >&2; exit 7')
  expect(await run.ended).toBe(7)
  expect(printed().split('\n').sort()).toEqual(['', 'err', 'out'])
})

test('it sees nothing of this process: no credentials, no proxy, a home of its own', async () => {
  process.env.MCD_TEST_SECRET = 'secret'
  const {run, printed} = start('echo "$HOME" "${MCD_TEST_SECRET-unset}" "$NO_PROXY"')
  await run.ended
  delete process.env.MCD_TEST_SECRET
  expect(printed()).toBe('/nowhere/root unset *\n')
})

test.each(['kill', 'terminate'] as const)('%s ends the script and everything it started', async how => {
  const {run, printed} = start(ENDLESS)
  const running = await eventually(() => identitiesIn(printed()).length === 2 && identitiesIn(printed()))
  run[how]()
  await run.ended
  await eventually(() => !running.some(isRunning))
})

test('what a script leaves running goes when the script does, and holds up nobody', async () => {
  const {run, printed} = start('sleep 600 & echo $!')
  expect(await run.ended).toBe(0)
  const left = printed().trim()
  await eventually(() => !identitiesIn(left).some(isRunning))
})

test('a script that is told to end the moment it is started never does its work', async () => {
  const {run, printed} = start('sleep 600; echo done')
  run.terminate()
  expect(await run.ended).toBeUndefined()
  expect(printed()).toBe('')
})

test('a script that takes too long is cut off', async () => {
  const {run, printed} = start(ENDLESS, 200)
  expect(await run.ended).toBeUndefined()
  expect(printed()).toContain('still running after 0.2 s, cut off')
})

test('a script does not outlive whoever started it, also after SIGKILL', async () => {
  const program = `
    import {runScript} from ${JSON.stringify(RUN_SCRIPT)}
    runScript({command: ['-c', ${JSON.stringify(ENDLESS)}], environment: process.env, cwd: '/', timeoutMs: 60000, print: text => process.stdout.write(text)})`
  const starter = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  starter.stdout.setEncoding('utf8').on('data', text => {
    printed += text
  })
  const running = await eventually(() => identitiesIn(printed).length === 2 && identitiesIn(printed))
  starter.kill('SIGKILL')
  await once(starter, 'exit')
  await eventually(() => !running.some(isRunning))
})
