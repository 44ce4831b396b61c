import type {AwsClient, AwsClientOptions} from './calls.ts'
import {classify} from './classify.ts'

/** Over the official SDK, which is imported at the first call: most commands need no AWS. */
export function sdkClient(options: AwsClientOptions): AwsClient {
  let loading: Promise<Awaited<ReturnType<typeof load>>> | undefined
  return async (call, input, signal) => {
    try {
      loading ??= load(options)
      const {send, queue} = await loading
      return await queue.add(() => send(call, input, signal))
    } catch (error) {
      throw classify(call, error)
    }
  }
}

async function load(options: AwsClientOptions) {
  const [{sdkSender}, {default: PQueue}] = await Promise.all([import('./sdk.ts'), import('p-queue')])
  return {send: sdkSender(options), queue: new PQueue({concurrency: options.concurrency})}
}
