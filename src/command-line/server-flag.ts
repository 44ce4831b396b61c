import type {NameServer} from '../dns/query.ts'
import type {Ask} from '../dns/resolver.ts'
import {Flags} from './oclif.ts'

export const serverFlags = {
  server: Flags.string({
    description:
      "A name server to ask, a resolver or an authoritative one; the system's own unless given. Can be repeated: the next is asked when one fails.",
    helpValue: 'HOST:PORT',
    multiple: true,
    exclusive: ['sandbox'],
  }),
  sandbox: Flags.boolean({
    description:
      "Ask the name server of the embedded clouds' Route53; starts them when they are not running.",
    default: false,
  }),
}

type Given = {readonly server?: readonly string[] | undefined; readonly sandbox: boolean}

/** What asks the servers of the flags, and the chance to choose by. */
export async function openResolver(
  given: Given,
  interrupted: AbortSignal,
): Promise<{ask: Ask; random: () => number}> {
  const [{resolver}, {realRuntime}] = await Promise.all([
    import('../dns/resolver.ts'),
    import('../runtime.ts'),
  ])
  const runtime = realRuntime(interrupted)
  return {ask: resolver(await serversOf(given), runtime), random: runtime.random}
}

async function serversOf({server, sandbox}: Given): Promise<NameServer[]> {
  if (sandbox) {
    const {surroundings} = await (await import('../surroundings/in-sandbox.ts')).openSandbox(process.cwd())
    return [surroundings.sandbox.nameServers.route53]
  }
  const {readServer, systemServers} = await import('../dns/resolver.ts')
  return server?.map(readServer) ?? systemServers()
}
