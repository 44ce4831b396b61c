import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {expect, test} from 'vitest'
import {identifyProcess, isRunning} from '../src/process-identity.ts'

test('a running process is known again, and gone once it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(child, 'spawn')
  const identity = identifyProcess(child.pid)
  expect(identity && isRunning(identity)).toBe(true)

  child.stdin.end()
  await once(child, 'exit')
  expect(identity && isRunning(identity)).toBe(false)
})

test('another process under the same id is not the same process', () => {
  const self = identifyProcess()
  expect(self).toBeDefined()
  expect(self && isRunning({...self, startedAt: `${self.startedAt}0`})).toBe(false)
})
