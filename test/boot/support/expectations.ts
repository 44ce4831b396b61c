import {expect} from 'vitest'
import type {Member} from '../../../src/providers/dns.ts'
import {eventually} from '../../support/eventually.ts'
import type {Boot} from './boot.ts'
import {type Deployment, FOREIGN_ADDRESS, FOREIGN_TTL_SECONDS, TTL_SECONDS} from './deployment.ts'

/** For a busy machine. */
export const LONG_MS = 4 * 60_000

export async function membersOf(deployment: Deployment): Promise<{ours: Member[]; foreign: Member[]}> {
  const members = await deployment.members()
  return {
    ours: members.filter(({mark}) => mark !== undefined),
    foreign: members.filter(({mark}) => mark === undefined),
  }
}

/** Exactly one record, right in everything, entered by the instance itself while its service answered; the page is the template's. */
export async function expectRegistered(deployment: Deployment): Promise<void> {
  const {boot, fleet} = deployment
  const {ours} = await membersOf(deployment)
  expect(ours.map(({name, type, value, ttlSeconds}) => ({name, type, value, ttlSeconds}))).toEqual([
    {name: fleet.dns, type: 'A', value: boot.guest?.publicIp, ttlSeconds: TTL_SECONDS},
  ])
  expect(ours[0]?.mark).toMatchObject({fleet: fleet.name, instance: boot.guest?.id})
  await expectForeign(deployment)
  const changes = boot.arrivals.filter(({effects}) => effects.length > 0)
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.filter(({served}) => !served)).toEqual([])
  expect(await page(boot)).toContain(`<h1>It&#39;s &lt;booted&gt; &amp; &#34;quoted&#34; $(touch /canary)`)
  expect(await page(boot)).toContain(`Served by ${boot.guest?.id}`)
  expect(boot.machine?.read('canary')).toBeUndefined()
}

/** cloud-init came through all its stages, and none of them complains. */
export async function expectNoErrors({machine}: Boot): Promise<void> {
  const result = await eventually(() => machine?.read('var/lib/cloud/data/result.json'), {
    deadlineMs: LONG_MS,
    everyMs: 250,
  })
  expect((JSON.parse(result) as {v1: {errors: string[]}}).v1.errors).toEqual([])
}

/** Off, and its record out by its own last call, made while the service still answered. */
export async function expectGone(deployment: Deployment): Promise<void> {
  const {boot} = deployment
  await eventually(async () => (await deployment.cloudState()) === 'gone', {
    deadlineMs: LONG_MS,
    everyMs: 250,
  })
  await expectForeignAlone(deployment)
  const last = boot.arrivals.findLast(({effects}) => effects.length > 0)
  expect(last).toMatchObject({served: true, effects: [expect.stringMatching(/^delete A /)]})
}

export async function expectForeignAlone(deployment: Deployment): Promise<void> {
  expect((await membersOf(deployment)).ours).toEqual([])
  await expectForeign(deployment)
}

/** Nothing that an instance may not show was seen with its processes, nor lies open on its disk, its logs included. */
export function expectSecretsKept({machine, secrets, leaks}: Boot): void {
  expect([...leaks, ...(machine?.leaks(secrets, 'files') ?? [])]).toEqual([])
}

async function expectForeign(deployment: Deployment): Promise<void> {
  const {foreign} = await membersOf(deployment)
  expect(foreign.map(({value, ttlSeconds}) => ({value, ttlSeconds}))).toEqual([
    {value: FOREIGN_ADDRESS, ttlSeconds: FOREIGN_TTL_SECONDS},
  ])
}

async function page({machine, fleet}: Boot): Promise<string> {
  const {host, port} = machine?.reach(fleet.service.port) ?? {host: '', port: 0}
  const response = await fetch(`http://${host}:${port}/`)
  return response.text()
}
