import type {IncomingMessage} from 'node:http'
import {get} from 'node:https'
import {text} from 'node:stream/consumers'
import {expect} from 'vitest'
import type {Member} from '../../../src/providers/dns.ts'
import {eventually} from '../../support/eventually.ts'
import type {Boot} from './boot.ts'
import {type Deployment, FOREIGN_ADDRESS, FOREIGN_TTL_SECONDS} from './deployment.ts'
import {TTL_SECONDS} from './fleet-file.ts'

/** For a busy machine. */
export const LONG_MS = 4 * 60_000

export async function membersOf(deployment: Deployment): Promise<{ours: Member[]; foreign: Member[]}> {
  const members = await deployment.members()
  return {
    ours: members.filter(({mark}) => mark !== undefined),
    foreign: members.filter(({mark}) => mark === undefined),
  }
}

/** Exactly one record, right in everything, entered by the instance itself while its service answered; what it serves is the template's. */
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
  await expectContent(deployment)
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
  expect([...leaks, ...(machine?.openFiles(secrets) ?? [])]).toEqual([])
}

/** Its processes were looked at while its calls were under way: else nothing seen would mean nothing. */
export function expectWatched({programs}: Boot): void {
  expect([...programs]).toEqual(expect.arrayContaining(['curl', 'sh']))
}

async function expectForeign(deployment: Deployment): Promise<void> {
  const {foreign} = await membersOf(deployment)
  expect(foreign.map(({value, ttlSeconds}) => ({value, ttlSeconds}))).toEqual([
    {value: FOREIGN_ADDRESS, ttlSeconds: FOREIGN_TTL_SECONDS},
  ])
}

async function expectContent({boot, content, fleet}: Deployment): Promise<void> {
  const texts = content.shows(boot.guest?.id ?? '')
  const {host, port} = boot.machine?.reach(fleet.service.port) ?? NOWHERE
  const plain = await (await fetch(`http://${host}:${port}/`)).text()
  for (const shown of texts) expect(plain).toContain(shown)
  if (content.authority !== undefined)
    expect(await secured(boot.machine?.reach(443) ?? NOWHERE, fleet.dns, content.authority)).toBe(plain)
}

const NOWHERE = {host: '', port: 0}

/** The page over TLS, by the name that people ask for, from somebody who trusts this authority alone. */
async function secured(
  place: {host: string; port: number},
  name: string,
  authority: string,
): Promise<string> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    get({...place, path: '/', servername: name, ca: authority, timeout: 10_000}, resolve).on('error', reject)
  })
  return text(await answer)
}
