import {Flags} from '@oclif/core'
import type {Ask} from './dns/resolver.ts'

export const serverFlag = Flags.string({
  description:
    "A name server to ask, a resolver or an authoritative one; the system's own unless given. Can be repeated: the next is asked when one fails.",
  helpValue: 'HOST:PORT',
  multiple: true,
})

/** What asks the servers of the flag, and the chance to choose by. */
export async function openResolver(
  given: readonly string[] | undefined,
  interrupted: AbortSignal,
): Promise<{ask: Ask; random: () => number}> {
  const [{resolver, readServer, systemServers}, {realRuntime}] = await Promise.all([
    import('./dns/resolver.ts'),
    import('./runtime.ts'),
  ])
  const runtime = realRuntime(interrupted)
  const servers = given?.map(readServer) ?? systemServers()
  return {ask: resolver(servers, runtime), random: runtime.random}
}
