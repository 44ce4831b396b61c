import * as os from 'node:os'
import {expect, test, vi} from 'vitest'
import {thisRun} from '../../src/state/this-run.ts'

vi.mock('node:os', {spy: true})

test('a container may run under a number that stands in no list of its users: the run names it by that number', () => {
  vi.mocked(os.userInfo).mockImplementation(() => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT (no such file or directory)')
  })
  expect(thisRun().user).toBe(`user ${process.getuid?.()}`)
})
