import {expect, test} from 'vitest'
import {TransientError} from '../../src/errors.ts'
import {retryTeller} from '../../src/output/retry-text.ts'
import {createCaller} from '../../src/providers/call.ts'
import {hearingRetries} from '../../src/providers/retries.ts'
import {VirtualTime} from '../support/virtual-runtime.ts'

/** What somebody reads while calls of these services fail this way, again and again. */
async function heardOf(failure: TransientError, ...services: string[]): Promise<string[]> {
  const time = new VirtualTime()
  const lines: string[] = []
  const callAll = () =>
    Promise.allSettled(
      services.map(service =>
        createCaller(time.runtime(), service)({name: 'DescribeInstances', attempts: 4}, async () => {
          throw failure
        }),
      ),
    )
  await time.run(() =>
    hearingRetries(
      retryTeller(line => void lines.push(line)),
      callAll,
    ),
  )
  return lines
}

test('a cloud that does not answer is named while it is asked again, once for many attempts', async () => {
  const silent = new TransientError('EC2 DescribeInstances: connection refused', {effect: 'none'})
  expect(await heardOf(silent, 'EC2 us-east-1')).toEqual([
    '… EC2 DescribeInstances: connection refused; trying again',
  ])
  expect(await heardOf(silent, 'EC2 us-east-1', 'EC2 us-west-2')).toHaveLength(2)
})

test('throttling is the pace, and nothing to tell', async () => {
  const throttled = new TransientError('EC2 throttled', {effect: 'none', throttled: true})
  expect(await heardOf(throttled, 'EC2 us-east-1')).toEqual([])
})
