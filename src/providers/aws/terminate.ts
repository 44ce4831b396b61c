import type {Runtime} from '../../runtime.ts'
import {type AwsApi, allPages} from './api.ts'
import {isRefusal} from './classify.ts'
import {filter, instancesOf} from './convert.ts'
import {lookAgain} from './patience.ts'

/** EC2 takes 1000 ids and suggests fewer. */
const IDS_PER_CALL = 500
/** A refusal can have two reasons in turn: an unknown id, then a protected one. */
const TRIES = 3

/** Ends these instances, whatever of them there is to end. */
export async function terminate(api: AwsApi, runtime: Runtime, ids: readonly string[]): Promise<void> {
  const wanted = [...new Set(ids)]
  for (let at = 0; at < wanted.length; at += IDS_PER_CALL)
    await terminateChunk(api, runtime, wanted.slice(at, at + IDS_PER_CALL))
}

async function terminateChunk(
  api: AwsApi,
  runtime: Runtime,
  ids: readonly string[],
  triesLeft = TRIES,
): Promise<void> {
  try {
    await api('TerminateInstances', {InstanceIds: [...ids]})
  } catch (error) {
    const living = triesLeft > 0 ? await livingAfter(error, api, runtime, ids) : undefined
    if (!living) throw error
    if (living.length > 0) await terminateChunk(api, runtime, living, triesLeft - 1)
  }
}

/** What is left to end after a refusal that can be dealt with; undefined for any other error. */
async function livingAfter(
  error: unknown,
  api: AwsApi,
  runtime: Runtime,
  ids: readonly string[],
): Promise<string[] | undefined> {
  if (isRefusal(error, 'InvalidInstanceID.NotFound')) {
    // One unknown id fails the whole request, and need not be gone: it may not be visible yet, so look more than once.
    const seen = await lookAgain(
      runtime,
      ({known}) => known === ids.length,
      () => look(api, ids),
    )
    return seen.unfinished
  }
  if (isRefusal(error, 'OperationNotPermitted')) {
    // The request has ended what it could in other zones; the protected ones and their neighbours are still there.
    const {unfinished} = await look(api, ids)
    await Promise.all(
      unfinished.map(InstanceId =>
        api('ModifyInstanceAttribute', {InstanceId, DisableApiTermination: {Value: false}}),
      ),
    )
    return unfinished
  }
  return undefined
}

/** A filter lets unknown ids be; a list of ids would fail on the first. */
async function look(api: AwsApi, ids: readonly string[]): Promise<{known: number; unfinished: string[]}> {
  const found = new Map<string, string>()
  // A filter takes 200 values.
  for (let at = 0; at < ids.length; at += 200) {
    const Filters = [filter('instance-id', ...ids.slice(at, at + 200))]
    const pages = await allPages(token => api('DescribeInstances', {Filters, ...token}))
    for (const {InstanceId = '', State} of pages.flatMap(({Reservations}) => instancesOf(Reservations)))
      found.set(InstanceId, State?.Name ?? '')
  }
  const unfinished = [...found]
    .filter(([, state]) => state !== 'terminated' && state !== 'shutting-down')
    .map(([id]) => id)
  return {known: found.size, unfinished}
}
