import type {Ec2Instance} from './model.ts'
import type {Region} from './region.ts'

/** What a user's own request writes as the reason of a state. */
const byUser = (region: Region): string =>
  `User initiated (${new Date(region.nowMs).toISOString().slice(0, 19).replace('T', ' ')} GMT)`
const USER_SHUTDOWN = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
}

/** Source: EC2 API Reference, StateReason. */
const LAUNCH_FAILED = {
  code: 'Server.InternalError',
  message: 'Server.InternalError: Internal error on launch',
}
const NO_ROOM = {
  code: 'Server.InsufficientInstanceCapacity',
  message:
    'Server.InsufficientInstanceCapacity: There was insufficient capacity available to satisfy the launch request.',
}
const GUEST_SHUTDOWN = {
  code: 'Client.InstanceInitiatedShutdown',
  message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
}

/** A launch or a start was accepted: running after the boot delay, with its address. */
export function powerUp(region: Region, instance: Ec2Instance): void {
  instance.state = 'pending'
  const hasRoom = region.capacity(instance.zone, instance.type.name) > 0
  region.useCapacity(instance.zone, instance.type.name, 1)
  instance.holdsCapacity = true
  instance.stateReason = {code: 'pending', message: 'pending'}
  instance.transitionReason = ''
  instance.launchedAtMs = region.nowMs
  region.core.clock.after(instance.fate?.bootMs ?? region.core.delays.bootMs, () => {
    if (instance.state !== 'pending') return
    if (instance.fate?.dies && instance.fate.dies.afterMs === undefined)
      return failLaunch(region, instance, LAUNCH_FAILED)
    if (!hasRoom) return failLaunch(region, instance, NO_ROOM)
    instance.state = 'running'
    instance.stateReason = undefined
    instance.runningSinceMs = region.nowMs
    if (instance.wantsPublicIp) instance.publicIp = region.core.hypervisor.address(instance.id)
    boot(region, instance)
  })
}

/** Nothing stops a termination that was accepted; on one that is over or under way it changes nothing. */
export function terminate(region: Region, instance: Ec2Instance, {force = false} = {}): void {
  if (instance.state === 'terminated' || instance.state === 'shutting-down') return
  instance.state = 'shutting-down'
  instance.stateReason = USER_SHUTDOWN
  instance.transitionReason = byUser(region)
  endSoon(region, instance, force)
}

export function stop(region: Region, instance: Ec2Instance, {force = false} = {}): void {
  if (instance.state !== 'running') return
  instance.state = 'stopping'
  instance.stateReason = USER_SHUTDOWN
  instance.transitionReason = byUser(region)
  endSoon(region, instance, force)
}

/** The guest goes down and comes back; its state stays running and its addresses its own. */
export function reboot(region: Region, instance: Ec2Instance): void {
  if (instance.state === 'running') shutDownGuest(region, instance)
}

/** The cloud could not start what it had accepted. */
function failLaunch(region: Region, instance: Ec2Instance, reason: typeof LAUNCH_FAILED): void {
  instance.state = 'shutting-down'
  guestIsDown(region, instance)
  instance.stateReason = reason
  instance.transitionReason = reason.code
}

/** The guest halts by itself, without a word to anybody: what follows is as its launch ordered. */
export function halt(region: Region, instance: Ec2Instance): void {
  if (instance.state !== 'running' || instance.power !== 'on') return
  instance.state = instance.shutdownBehavior === 'terminate' ? 'shutting-down' : 'stopping'
  instance.stateReason = GUEST_SHUTDOWN
  instance.transitionReason = ''
  cutOff(region, instance)
}

/** `force` leaves the guest no time for last words. */
function endSoon(region: Region, instance: Ec2Instance, force: boolean): void {
  region.core.clock.after(region.core.delays.shutdownMs, () => {
    if (instance.power === 'on' && force) cutOff(region, instance)
    else if (instance.power === 'on') shutDownGuest(region, instance)
    else if (instance.power === 'off') guestIsDown(region, instance)
  })
}

/** Asks the guest to go down, and cuts it off when it does not. */
function shutDownGuest(region: Region, instance: Ec2Instance): void {
  if (instance.power !== 'on') return
  const {clock, delays, hypervisor} = region.core
  instance.power = 'going-down'
  let isDown = false
  const down = () => {
    if (isDown) return
    isDown = true
    forget()
    guestIsDown(region, instance)
  }
  const forget = clock.after(delays.forceOffMs, () => {
    hypervisor.kill(instance.id)
    down()
  })
  hypervisor.shutdown(instance.id, down)
}

function cutOff(region: Region, instance: Ec2Instance): void {
  region.core.hypervisor.kill(instance.id)
  guestIsDown(region, instance)
}

function guestIsDown(region: Region, instance: Ec2Instance): void {
  instance.power = 'off'
  if (instance.state === 'running') {
    boot(region, instance)
    return
  }
  if (instance.state !== 'shutting-down' && instance.state !== 'stopping') return
  if (instance.publicIp !== undefined) region.core.hypervisor.release(instance.publicIp)
  instance.publicIp = undefined
  instance.runningSinceMs = undefined
  if (instance.holdsCapacity) region.useCapacity(instance.zone, instance.type.name, -1)
  instance.holdsCapacity = false
  if (instance.state === 'stopping') {
    instance.state = 'stopped'
    return
  }
  instance.state = 'terminated'
  instance.terminatedAtMs = region.nowMs
}

function boot(region: Region, instance: Ec2Instance): void {
  instance.power = 'on'
  region.core.hypervisor.boot({
    id: instance.id,
    cloud: instance.cloud,
    name: instance.tags.get('Name') ?? instance.id,
    publicIp: instance.publicIp ?? '',
    privateIp: instance.privateIp,
    userdata: instance.userdata,
  })
  if (region.core.calls.plan.isSick(instance.id)) region.core.hypervisor.setServing(instance.id, false)
  const afterMs = instance.fate?.dies?.afterMs
  if (afterMs !== undefined) region.core.clock.after(afterMs, () => halt(region, instance))
}
