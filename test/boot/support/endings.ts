import {expect} from 'vitest'
import {browseName} from '../../../src/dns/sd/names.ts'
import {discoveryNames, hostName} from '../../../src/fleet/discovery.ts'
import {eventually} from '../../support/eventually.ts'
import {addressChanges, type Boot} from './boot.ts'
import {announce, forceStop, giveAddress, reboot as pressReboot, start} from './console.ts'
import type {DataCenter} from './data-center.ts'
import type {Deployment} from './deployment.ts'
import {expectForeignAlone, expectGone, expectRegistered, LONG_MS, membersOf} from './expectations.ts'

/** What comes after the registration, by the name that a test bears. */
export type Ending = (deployment: Deployment, center: DataCenter) => Promise<void>

const PATIENCE = {deadlineMs: LONG_MS, everyMs: 250}
/** Decision 18 is about three periods of the timer. */
const PERIODS = 3
/** Longer than a vendor that was asked is left alone. */
const LONG_AGO_MS = 10 * 60_000
const ELASTIC_ADDRESS = '198.18.0.200'

/** Down and up again by the cloud's console: it leaves, and comes back. */
export const reboot: Ending = async (deployment, center) => {
  const {boot} = deployment
  const {length} = addressChanges(boot)
  const starts = boot.starts + 1
  pressReboot(center, boot)
  await eventually(() => boot.starts === starts && addressChanges(boot).length >= length + 2, PATIENCE)
  const address = boot.guest?.publicIp
  expect(addressChanges(boot).slice(length)).toEqual([`delete ${address}`, `create ${address}`])
  await expectRegistered(deployment)
}

/** It leaves by itself while it still serves, before its network goes. */
export const powerOff: Ending = async deployment => {
  await deployment.terminate()
  await expectGone(deployment)
}

/** No last words: the record stays, with our mark, and mcd takes it out. */
export const powerLoss =
  (remove: 'down' | 'sync'): Ending =>
  async deployment => {
    const {boot} = deployment
    await boot.machine?.cut()
    expect(await standing(deployment)).toEqual([[boot.guest?.publicIp, boot.guest?.id]])
    await deployment.terminate()
    // To mcd, one that still shows as running and is silent may as well be mcd's own network.
    await eventually(async () => (await deployment.cloudState()) === 'gone', PATIENCE)
    const {shortcomings} = await deployment[remove]()
    expect(shortcomings).toEqual([])
    expect(addressChanges(boot)).toEqual([`create ${boot.guest?.publicIp}`])
    await expectForeignAlone(deployment)
  }

/** Held out by mcd it stays out, through three periods of its timer, a reboot, and three more; let in, it is back. */
export const heldOut =
  (out: 'drain' | 'holdOut', back: 'undrain' | 'letIn'): Ending =>
  async (deployment, center) => {
    const {boot} = deployment
    const before = addressChanges(boot)
    await deployment[out]()
    // As if the vendor had been asked long ago: else the timer would leave it alone for minutes, and no period prove anything.
    boot.machine?.age('var/lib/mcd/registration', LONG_AGO_MS)
    await periods(boot)
    const starts = boot.starts + 1
    pressReboot(center, boot)
    await eventually(() => boot.starts === starts, PATIENCE)
    await periods(boot)
    await expectForeignAlone(deployment)
    expect(addressChanges(boot)).toEqual(before)
    await deployment[back]()
    await eventually(async () => (await membersOf(deployment)).ours.length > 0, PATIENCE)
    await expectRegistered(deployment)
  }

/** Its cloud takes the address away with its power: after the start the new one stands there, and the old one does not. */
export const stopAndStart: Ending = async (deployment, center) => {
  const {boot} = deployment
  const {length} = addressChanges(boot)
  const old = boot.guest?.publicIp
  const starts = boot.starts + 1
  await forceStop(center, boot)
  expect(await standing(deployment)).toEqual([[old, boot.guest?.id]])
  await eventually(() => start(center, boot), PATIENCE)
  await eventually(() => boot.starts === starts && addressChanges(boot).length >= length + 2, PATIENCE)
  expect(boot.guest?.publicIp).not.toBe(old)
  expect(addressChanges(boot).slice(length)).toEqual([`create ${boot.guest?.publicIp}`, `delete ${old}`])
  await expectRegistered(deployment)
}

/** An address that changes while it runs is seen by the timer. */
export const newAddress: Ending = async (deployment, center) => {
  const {boot} = deployment
  const {length} = addressChanges(boot)
  const old = boot.guest?.publicIp
  giveAddress(center, boot, ELASTIC_ADDRESS)
  await eventually(() => addressChanges(boot).length >= length + 2, PATIENCE)
  expect(addressChanges(boot).slice(length)).toEqual([`create ${ELASTIC_ADDRESS}`, `delete ${old}`])
  await expectRegistered(deployment)
}

/** It leaves as soon as EC2 announces that it may take it back, goes on serving those who still come, and does not return. */
export const announced =
  (where: Parameters<typeof announce>[1]): Ending =>
  async (deployment, center) => {
    const {boot} = deployment
    const {length} = addressChanges(boot)
    const takeBack = announce(boot, where)
    await eventually(() => addressChanges(boot).length > length, PATIENCE)
    expect(addressChanges(boot).slice(length)).toEqual([`delete ${boot.guest?.publicIp}`])
    expect(boot.arrivals.findLast(({effects}) => effects.length > 0)?.served).toBe(true)
    await expectForeignAlone(deployment)
    takeBack()
    // What was announced of one boot means nothing in the next.
    const starts = boot.starts + 1
    pressReboot(center, boot)
    await eventually(() => boot.starts === starts && addressChanges(boot).length > length + 1, PATIENCE)
    await expectRegistered(deployment)
  }

/** With its host name and its value in the service's SRV set; at power-off both go, and the definition stays. */
export const discovered: Ending = async (deployment, center) => {
  const {boot, fleet} = deployment
  const [name] = fleet.names
  const guest = boot.guest
  if (!name?.discovery || !guest) throw new Error(`${fleet.name} has no DNS-SD`)
  const {service, instance} = discoveryNames(name.zone, name.discovery)
  const host = hostName(guest.id, name.name)
  const found = async () =>
    (await deployment.membersAt(instance, service, browseName(name.zone), host)).map(
      ({type, value}) => `${type} ${value}`,
    )
  const definition = ['TXT path=/', `PTR ${instance}`, `PTR ${service}`]
  const own = [`SRV 0 0 80 ${host}`, `A ${guest.publicIp}`]
  const all = [...definition, ...own]
  // It joins once its address stands.
  await eventually(async () => (await found()).length >= all.length, PATIENCE)
  expect((await found()).sort()).toEqual(all.sort())
  await powerOff(deployment, center)
  expect((await found()).sort()).toEqual(definition.sort())
}

/** The timer's next periods, each seen by its question whether a hold stands. */
async function periods(boot: Boot): Promise<void> {
  const asked = () => boot.arrivals.filter(({asksForHold}) => asksForHold).length
  const before = asked()
  await eventually(() => asked() >= before + PERIODS, PATIENCE)
}

async function standing(deployment: Deployment): Promise<unknown[]> {
  const {ours} = await membersOf(deployment)
  return ours.map(({value, mark}) => [value, mark?.instance])
}
