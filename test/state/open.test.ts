import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {type AddressInfo, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {InterruptedError} from '../../src/errors.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {parseLocation} from '../../src/journal/location.ts'
import {openState} from '../../src/state/open.ts'
import {dnsName, fleet, group} from '../support/fleet-builder.ts'
import {SimulatedFleet} from '../support/simulated-fleet.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcd-open-'))
})
afterEach(() => rmSync(folder, {recursive: true}))

const of = (name: string): Fleet => ({
  ...fleet([group('virginia', 1)], {dns: name, names: [dnsName({name})]}),
  file: join(folder, `${name}.yaml`),
})

test('of two fleets of one name that begin one journal at once, one is told; run again it has its own', async () => {
  const sim = new SimulatedFleet()
  const [www, api] = [of('www.example.com'), of('api.example.com')]
  const [first, second] = await Promise.all([www, api].map(each => openState(each, {sandbox: false})))
  if (!first || !second) throw new Error('two were opened')
  const opened = new Map([
    [www.dns, first],
    [api.dns, second],
  ])
  const up = (each: Fleet) => {
    const {journal, isOurs} = opened.get(each.dns) ?? first
    sim.wrapOutside = outside => ({...outside, isOurs})
    return sim.start(each, {kind: 'up'}, {wait: true, journal})
  }
  const outcomes = await sim.time.run(() => Promise.allSettled([up(www), up(api)]))
  expect(outcomes).toMatchObject([
    {status: 'fulfilled', value: {converged: true}},
    {
      status: 'rejected',
      reason: {message: expect.stringMatching(/Another fleet of this name, that of www\.example\.com/)},
    },
  ])
  expect((await sim.members(www)).filter(({type}) => type === 'A')).toHaveLength(1)

  const again = await openState(api, {sandbox: false})
  expect(await again.journal.read()).toEqual([])
  opened.set(api.dns, again)
  expect(await sim.time.run(() => up(api))).toMatchObject({converged: true})
  for (const each of [www, api])
    expect((await sim.members(each)).filter(({type}) => type === 'A')).toHaveLength(1)
  await Promise.all([first, second, again].map(({journal}) => journal.close()))
})

test.each([
  ['S3', (port: number) => `s3://acme-state/mcd?region=us-east-1&endpoint=http://127.0.0.1:${port}`],
  ['PostgreSQL', (port: number) => `postgres://mcd@127.0.0.1:${port}/mcd?sslmode=disable`],
])(
  'a journal on %s that does not answer keeps nobody who interrupts: nothing has begun',
  async (_, address) => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const state = parseLocation(address((silent.address() as AddressInfo).port))
    if ('problem' in state) throw new Error(state.problem)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'mcd').stubEnv('AWS_SECRET_ACCESS_KEY', 'mcd')
    const interruption = new AbortController()
    const opening = openState(
      {...of('www.example.com'), state},
      {sandbox: false, signal: interruption.signal},
    )
    const refused = expect(opening).rejects.toThrow('Interrupted before anything began.')
    const [socket] = (await once(silent, 'connection')) as [Socket]
    interruption.abort(new InterruptedError('SIGTERM'))
    await refused
    socket.destroy()
    silent.close()
    vi.unstubAllEnvs()
  },
)
