import {ec2Error, invalidValue, notFound, required} from '../errors.ts'
import {INSTANCE_FILTERS, STATUS_FILTERS} from '../filter-tables.ts'
import {applyFilters} from '../filters.ts'
import {runInstances as launch} from '../launch.ts'
import type {RunInstancesRequest} from '../launch-request.ts'
import {powerUp, reboot, stop, terminate} from '../lifecycle.ts'
import type {Ec2Instance} from '../model.ts'
import {page} from '../paging.ts'
import type {Region} from '../region.ts'
import {reservationViews, stateView, statusView} from '../views.ts'
import type {Action, Describe} from './action.ts'

type ByIds = {readonly instanceIds?: readonly string[] | undefined}

const MAX_IDS = 1000
const CONSOLE_MAX_BYTES = 64 * 1024

export const runInstances: Action<RunInstancesRequest, ReturnType<typeof reservationViews>[number]> = (
  region,
  request,
  effect,
) => {
  const known = new Set(region.instances.keys())
  const instances = launch(region, request)
  for (const {id} of instances) if (!known.has(id)) effect(`launch ${id}`)
  const [reservation] = reservationViews(instances)
  if (!reservation) throw ec2Error('InternalError', 'An internal error has occurred')
  return reservation
}

export const describeInstances: Action<
  Describe & ByIds,
  {reservations: ReturnType<typeof reservationViews>; nextToken?: string}
> = (region, request) => {
  if (request.instanceIds?.length && request.maxResults !== undefined) {
    throw ec2Error(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    )
  }
  const all = request.instanceIds?.length ? visible(region, request.instanceIds) : region.visibleInstances()
  const {page: shown, nextToken} = page(all, ({id}) => id, request)
  const reservations = reservationViews(applyFilters(shown, request.filters, INSTANCE_FILTERS))
  return {reservations, ...(nextToken === undefined ? {} : {nextToken})}
}

export const describeInstanceStatus: Action<
  Describe & ByIds & {readonly includeAllInstances?: boolean | undefined},
  {instanceStatuses: ReturnType<typeof statusView>[]; nextToken?: string}
> = (region, request) => {
  const all = request.instanceIds?.length ? visible(region, request.instanceIds) : region.visibleInstances()
  const told = all.filter(({state}) => request.includeAllInstances || state === 'running')
  const {page: shown, nextToken} = page(told, ({id}) => id, request)
  const instanceStatuses = applyFilters(shown, request.filters, STATUS_FILTERS).map(instance =>
    statusView(instance, region.nowMs),
  )
  return {instanceStatuses, ...(nextToken === undefined ? {} : {nextToken})}
}

type StateChange = {
  instanceId: string
  currentState: ReturnType<typeof stateView>
  previousState: ReturnType<typeof stateView>
}

type StopRequest = ByIds & {readonly force?: boolean | undefined}
type TerminateRequest = StopRequest & {readonly skipOsShutdown?: boolean | undefined}

/** One protected instance holds up everything in its zone; the other zones' instances end all the same. */
export const terminateInstances: Action<TerminateRequest, {terminatingInstances: StateChange[]}> = (
  region,
  {instanceIds, force, skipOsShutdown},
  effect,
) => {
  const instances = named(region, instanceIds)
  region.throttle.instances('TerminateInstances', instances.length)
  const kept = instances.filter(({protectedFromTermination}) => protectedFromTermination)
  const heldZones = new Set(kept.map(({zone}) => zone))
  const ending = instances.filter(({zone}) => !heldZones.has(zone))
  const terminatingInstances = changeEach(ending, instance => {
    if (instance.state !== 'terminated' && instance.state !== 'shutting-down')
      effect(`terminate ${instance.id}`)
    terminate(region, instance, {force: force || skipOsShutdown || false})
  })
  const [first] = kept
  if (first) {
    throw ec2Error(
      'OperationNotPermitted',
      `The instance '${first.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    )
  }
  return {terminatingInstances}
}

export const stopInstances: Action<StopRequest, {stoppingInstances: StateChange[]}> = (
  region,
  {instanceIds, force},
  effect,
) => {
  const instances = named(region, instanceIds)
  refuseStates(instances, ['running', 'stopping', 'stopped'], 'stopped')
  if (instances.some(({spot}) => spot))
    throw ec2Error(
      'UnsupportedOperation',
      'You can not stop the instance as it is associated with a one-time Spot Instance request',
    )
  region.throttle.instances('StopInstances', instances.length)
  return {
    stoppingInstances: changeEach(instances, instance => {
      if (instance.state === 'running') effect(`stop ${instance.id}`)
      stop(region, instance, {force: force ?? false})
    }),
  }
}

export const startInstances: Action<ByIds, {startingInstances: StateChange[]}> = (
  region,
  {instanceIds},
  effect,
) => {
  const instances = named(region, instanceIds)
  refuseStates(instances, ['stopped', 'running', 'pending'], 'started')
  region.throttle.instances('StartInstances', instances.length)
  for (const {zone, type, state} of instances) {
    if (state === 'stopped' && region.capacity(zone, type.name) < 1) {
      throw ec2Error(
        'InsufficientInstanceCapacity',
        `Insufficient capacity to start instances of type ${type.name} in ${zone}.`,
      )
    }
  }
  return {
    startingInstances: changeEach(instances, instance => {
      if (instance.state !== 'stopped') return
      effect(`start ${instance.id}`)
      powerUp(region, instance)
    }),
  }
}

export const rebootInstances: Action<ByIds, {return: true}> = (region, {instanceIds}, effect) => {
  const instances = named(region, instanceIds)
  refuseStates(instances, ['running', 'pending'], 'rebooted')
  for (const instance of instances) {
    effect(`reboot ${instance.id}`)
    reboot(region, instance)
  }
  return {return: true}
}

type ModifyRequest = {
  readonly instanceId?: string | undefined
  readonly disableApiTermination?: {readonly value?: boolean | undefined} | undefined
}

export const modifyInstanceAttribute: Action<ModifyRequest, {return: true}> = (region, request, effect) => {
  const [instance] = named(region, [required(request.instanceId, 'InstanceId')])
  const isProtected = request.disableApiTermination?.value
  if (isProtected === undefined) throw ec2Error('InvalidParameterCombination', 'No attributes specified.')
  if (instance) {
    instance.protectedFromTermination = isProtected
    effect(`${isProtected ? 'protect' : 'unprotect'} ${instance.id}`)
  }
  return {return: true}
}

export const getConsoleOutput: Action<
  {readonly instanceId?: string | undefined; readonly latest?: boolean | undefined},
  {instanceId: string; timestamp: Date; output?: string}
> = (region, request) => {
  const id = required(request.instanceId, 'InstanceId')
  named(region, [id])
  const output = Buffer.from(region.core.hypervisor.console(id)).subarray(-CONSOLE_MAX_BYTES)
  return {
    instanceId: id,
    timestamp: new Date(region.nowMs),
    ...(output.length > 0 ? {output: output.toString('base64')} : {}),
  }
}

/** Each of the ids, or a refusal of them all: one unknown id fails the request. */
export function named(region: Region, ids: readonly string[] | undefined): Ec2Instance[] {
  if (!ids?.length) throw ec2Error('MissingParameter', 'The request must contain the parameter InstanceId')
  if (ids.length > MAX_IDS) throw invalidValue(`At most ${MAX_IDS} instance IDs may be given.`)
  return visible(region, ids)
}

function visible(region: Region, ids: readonly string[]): Ec2Instance[] {
  const malformed = ids.find(id => !/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id))
  if (malformed !== undefined)
    throw ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${malformed}" (expecting "i-...")`)
  const shown = new Map(region.visibleInstances().map(instance => [instance.id, instance]))
  const unknown = ids.filter(id => !shown.has(id))
  if (unknown.length > 0) throw notFound('InvalidInstanceID.NotFound', 'instance ID', unknown)
  return [...new Set(ids)].flatMap(id => shown.get(id) ?? [])
}

function refuseStates(instances: readonly Ec2Instance[], allowed: readonly string[], done: string): void {
  const wrong = instances.find(({state}) => !allowed.includes(state))
  if (wrong)
    throw ec2Error(
      'IncorrectInstanceState',
      `The instance '${wrong.id}' is not in a state from which it can be ${done}.`,
    )
}

function changeEach(
  instances: readonly Ec2Instance[],
  change: (instance: Ec2Instance) => void,
): StateChange[] {
  return instances.map(instance => {
    const previousState = stateView(instance.state)
    change(instance)
    return {instanceId: instance.id, currentState: stateView(instance.state), previousState}
  })
}
