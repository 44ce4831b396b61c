import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test, vi} from 'vitest'
import {awsWire} from '../../src/sandbox/wire/aws.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import {createWorld} from '../../src/sandbox/world/world.ts'
import {openContext} from '../../src/surroundings/context.ts'
import {aws, fleetText} from '../support/fleet-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'mcd-clock-'))
let served: Awaited<ReturnType<typeof listen>>
beforeAll(async () => {
  const world = createWorld({clock: realClock, random: Math.random, hypervisor: idleHypervisor()})
  world.s3.createBucket({name: 'operator'}, 'states')
  const wire = awsWire(world)
  const date = () => new Date(Date.now() + 240_000).toUTCString()
  served = await listen(request => {
    const reply = wire(request)
    return {...reply, headers: {...reply.headers, date: date()}}
  })
})
afterAll(async () => {
  await served.close()
  rmSync(folder, {recursive: true})
})

test('a run counts by the clock of where its journal lies, and one of a journal on this machine by its own', async () => {
  vi.useFakeTimers({toFake: ['Date']})
  vi.stubEnv('AWS_ACCESS_KEY_ID', SANDBOX.aws.operator.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SANDBOX.aws.operator.secretAccessKey)
  const file = join(folder, 'mcd.yaml')
  const aheadMs = async (state: string) => {
    writeFileSync(file, `${fleetText({groups: {virginia: aws(1)}})}state: "${state}"\n`)
    const {outside, close} = await openContext({file, sandbox: false, journal: 'read'})
    await close()
    return outside.runtime.now() - Date.now()
  }
  try {
    expect(Math.abs((await aheadMs(`s3://states/team?endpoint=${served.url}`)) - 240_000)).toBeLessThan(1_000)
    expect(await aheadMs('local')).toBe(0)
  } finally {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  }
})
