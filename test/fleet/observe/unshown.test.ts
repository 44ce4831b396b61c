import {expect, test} from 'vitest'
import {UnreachableError} from '../../../src/errors.ts'
import {unshownInstances} from '../../../src/fleet/observe/unshown.ts'
import type {ComputeProvider} from '../../../src/providers/compute.ts'
import {fleet, group, recorded, VIRGINIA} from '../../support/fleet-builder.ts'

test('who could not be asked after has not ended: it is asked after again (law 6)', async () => {
  const known = {
    ...recorded(),
    found: new Map([['i-1', {place: VIRGINIA.key, group: 'virginia', launch: 'launch', spec: 'spec'}]]),
  }
  const unshown = unshownInstances(fleet([group('virginia', 1)]))
  let isSilent = true
  const cloud: Pick<ComputeProvider, 'describe'> = {
    async describe() {
      if (isSilent) throw new UnreachableError('EC2 does not answer', {effect: 'none'})
      return []
    },
  }
  const ask = () => unshown(cloud as ComputeProvider, VIRGINIA.key, known, [], 0)
  await expect(ask()).rejects.toThrow(UnreachableError)
  await expect(ask()).rejects.toThrow(UnreachableError)
  isSilent = false
  expect(await ask()).toMatchObject({ended: ['i-1']})
})
