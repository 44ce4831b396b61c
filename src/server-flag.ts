import {Flags} from '@oclif/core'
import type {Ask} from './dns/resolver.ts'

export const serverFlag = Flags.string({
  description: "The name server to ask, a resolver or an authoritative one; the system's own unless given.",
  helpValue: 'HOST:PORT',
})

/** What asks the server of the flag, and the chance to choose by. */
export async function openResolver(
  server: string | undefined,
  interrupted: AbortSignal,
): Promise<{ask: Ask; random: () => number}> {
  const [{resolver, readServer, systemServers}, {realRuntime}] = await Promise.all([
    import('./dns/resolver.ts'),
    import('./runtime.ts'),
  ])
  const runtime = realRuntime(interrupted)
  const servers = server === undefined ? systemServers() : [readServer(server)]
  return {ask: resolver(servers, runtime), random: runtime.random}
}
