import {syncBuiltinESMExports} from 'node:module'
import os from 'node:os'
import {afterEach, expect, test, vi} from 'vitest'
import {thisRun} from '../../src/state/this-run.ts'

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

test('a container may run under a number that stands in no list of its users: the run names it by that number', () => {
  vi.spyOn(os, 'userInfo').mockImplementation(() => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)')
  })
  syncBuiltinESMExports()
  expect(thisRun().user).toBe(`user ${process.getuid?.()}`)
})
