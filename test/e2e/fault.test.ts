import {afterAll, expect, test} from 'vitest'
import type {FaultReport} from '../../src/sandbox/world/faults/kinds.ts'
import {workplaces} from '../support/cli.ts'
import {eventually} from '../support/eventually.ts'
import {aws, fleetText, joyent, MNX} from '../support/fleet-text.ts'
import {effectsOf} from '../support/request-log.ts'

const all = workplaces()
afterAll(() => all.endAll())

test('faults by hand: ordered, seen to fire, and cleared; without a sandbox nothing is started for them', async () => {
  const place = all.open()
  const fault = (...args: string[]) => place.mcd(['sandbox', 'fault', ...args])
  expect(await fault('add', 'aws', '--kind', 'outage')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('mcd sandbox start'),
  })
  await place.startSandbox('shared')
  expect(await fault('add', 'aws:RunInstance', '--kind', 'lost-reply')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Did you mean "aws:RunInstances"?'),
  })
  await fault('add', 'aws:RunInstances', '--kind', 'lost-reply')
  await fault('add', 'joyent:CreateMachine', '--kind', 'error-after')
  await fault('add', 'route53:Change*', '--kind', 'throttle', '--times', '2')

  place.write(fleetText({groups: {virginia: aws(1), east: joyent(1, MNX)}}))
  const {exit, instances} = await place.up()
  expect([exit, instances.length]).toEqual([0, 2])
  expect((await fault('list')).stdout.split('\n')).toEqual([
    '1  aws:RunInstances  lost-reply  fired 1 of 1',
    '2  joyent:CreateMachine  error-after  fired 1 of 1',
    '3  route53:Change*  throttle  fired 2 of 2',
  ])
  const made = await place.sandbox()
  expect([...effectsOf(made, 'launch '), ...effectsOf(made, 'create instance ')]).toHaveLength(2)

  const sick = instances[0]?.id ?? ''
  expect(
    (await fault('add', sick, '--kind', 'machine-unhealthy', '--json')).json<FaultReport>(),
  ).toMatchObject({
    id: '4',
    target: sick,
    fired: 1,
  })
  const healthOf = async () => (await place.status()).instances.find(({id}) => id === sick)?.health
  expect(await healthOf()).toBe('unhealthy')
  expect((await fault('clear', '4')).stdout).toBe('One fault cleared.')
  await eventually(async () => (await healthOf()) === 'healthy')
  expect((await fault('clear', '--json')).json()).toEqual({cleared: 3})
})
