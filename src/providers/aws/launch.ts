import type {Instance as Ec2Instance} from '@aws-sdk/client-ec2'
import {McdError} from '../../errors.ts'
import {type Mark, markFromTags} from '../../mark.ts'
import type {Runtime} from '../../runtime.ts'
import type {LaunchOrder, LaunchReceipt, Place} from '../compute.ts'
import {type AwsApi, allPages} from './api.ts'
import {isRefusal} from './classify.ts'
import {
  amazonOnly,
  filter,
  fromTags,
  instancesOf,
  launchTags,
  toInstance,
  toRunInstances,
  toTags,
} from './convert.ts'
import {lookAgain, patiently} from './patience.ts'

/**
 * One RunInstances for the whole order. The order's mark is the client token: sent again after a lost reply, EC2 answers
 * with the instances of the first time.
 */
export async function launch(
  api: AwsApi,
  runtime: Runtime,
  place: Place,
  order: LaunchOrder,
): Promise<LaunchReceipt> {
  const launched = await launchOnce(api, runtime, place, order)
  if (place.compatible) await tagUntagged(api, runtime, order, launched)
  const instances = launched.flatMap(instance => toInstance(instance, place.key, order.mark) ?? [])
  if (instances.length >= order.count) return {instances}
  const message = `EC2 had room for ${instances.length} of ${order.count} ${order.type} in ${order.zone.name}.`
  return {instances, shortfall: {kind: 'capacity', message}}
}

async function launchOnce(
  api: AwsApi,
  runtime: Runtime,
  place: Place,
  order: LaunchOrder,
): Promise<Ec2Instance[]> {
  if (order.resumed) {
    // EC2 does not say how long it remembers a token: what is there already is not asked for again.
    const earlier = await byToken(api, order.mark)
    if (earlier.length >= order.count) return earlier
  }
  try {
    const reply = await api('RunInstances', {
      ...toRunInstances(order),
      ...(place.compatible ? {} : amazonOnly(order)),
    })
    return reply.Instances ?? []
  } catch (error) {
    if (!isRefusal(error, 'IdempotentInstanceTerminated', 'IdempotentParameterMismatch')) throw error
    // Either way the token was used: an earlier attempt took effect, and what it made is the answer.
    const earlier = await lookAgain(
      runtime,
      found => found.length > 0,
      () => byToken(api, order.mark),
    )
    if (earlier.length > 0) return earlier
    throw spent(order.mark, error)
  }
}

function spent({launch: token}: Mark, cause: unknown): McdError {
  return isRefusal(cause, 'IdempotentInstanceTerminated')
    ? new McdError(`Launch ${token} was carried out earlier, and its instances have been terminated since.`, {
        cause,
        suggestions: ['Run again: what is missing is launched anew.'],
      })
    : new McdError(`EC2 knows launch ${token} with other parameters, and shows no instance of it.`, {
        cause,
        suggestions: ['Wait some minutes for EC2 to show what an earlier run launched, then run again.'],
      })
}

async function byToken(api: AwsApi, {launch: token}: Mark): Promise<Ec2Instance[]> {
  const pages = await allPages(next =>
    api('DescribeInstances', {Filters: [filter('client-token', token)], ...next}),
  )
  return pages.flatMap(({Reservations}) => instancesOf(Reservations))
}

/** Where a launch carries no tags, they follow it: also for one that an earlier run left without. */
async function tagUntagged(
  api: AwsApi,
  runtime: Runtime,
  order: LaunchOrder,
  launched: readonly Ec2Instance[],
): Promise<void> {
  const ids = launched
    .filter(({Tags, State}) => State?.Name !== 'terminated' && !markFromTags(fromTags(Tags), 'mcd:'))
    .flatMap(({InstanceId}) => InstanceId ?? [])
  if (ids.length === 0) return
  const input = {Resources: ids, Tags: toTags(launchTags(order))}
  await patiently(runtime, isNotVisible, () => api('CreateTags', input))
}

const isNotVisible = (error: unknown): boolean => isRefusal(error, 'InvalidInstanceID.NotFound')
