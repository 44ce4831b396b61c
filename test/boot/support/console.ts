import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {Boot, Trouble} from './boot.ts'
import type {DataCenter} from './data-center.ts'

/** What somebody does in the cloud's own console, or the cloud itself, behind mcd's back. */

const OPERATOR = {name: 'operator'}
const REGION = {principal: OPERATOR, region: 'us-east-1'}

export function reboot({world}: DataCenter, boot: Boot): void {
  const {id, cloud} = guestOf(boot)
  if (cloud === 'triton')
    world.triton.session(SANDBOX.triton.account, OPERATOR).machines.act(id, {action: 'reboot'})
  else world.ec2.call(REGION, 'RebootInstances', {instanceIds: [id]})
}

/** EC2, by force: the machine hears nothing of it. Resolves once nothing of it runs. */
export async function forceStop({world}: DataCenter, boot: Boot): Promise<void> {
  await boot.machine?.cut()
  world.ec2.call(REGION, 'StopInstances', {instanceIds: [guestOf(boot).id], force: true})
}

/** EC2: with the disk it had, and another public address. False while it is still stopping. */
export function start({world}: DataCenter, boot: Boot): boolean {
  const {id} = guestOf(boot)
  if (world.ec2.instance(id)?.state !== 'stopped') return false
  world.ec2.call(REGION, 'StartInstances', {instanceIds: [id]})
  return true
}

/** EC2: another public address while it runs, as with an Elastic IP. */
export function giveAddress({world}: DataCenter, boot: Boot, publicIp: string): void {
  const guest = guestOf(boot)
  const instance = world.ec2.instance(guest.id)
  if (instance) instance.publicIp = publicIp
  boot.guest = {...guest, publicIp}
}

/**
 * EC2 announces something in the instance's metadata. Returns how to take it back.
 * Source: Amazon EC2 User Guide, "Spot Instance interruption notices" and "EC2 instance rebalance recommendations".
 */
export function announce(
  {troubles}: Boot,
  where: 'spot/instance-action' | 'events/recommendations/rebalance',
): () => void {
  const at = new Date(Date.now() + 120_000).toISOString().replace(/\.\d+/, '')
  const body = JSON.stringify(
    where === 'spot/instance-action' ? {action: 'terminate', time: at} : {noticeTime: at},
  )
  const trouble: Trouble = (service, {path, headers}) =>
    service === 'metadata' && path === `/latest/meta-data/${where}` && headers['x-aws-ec2-metadata-token']
      ? {status: 200, body}
      : undefined
  troubles.push(trouble)
  return () => void troubles.splice(troubles.indexOf(trouble), 1)
}

function guestOf({guest}: Boot): NonNullable<Boot['guest']> {
  if (!guest) throw new Error('nothing was booted')
  return guest
}
