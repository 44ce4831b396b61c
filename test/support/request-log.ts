import type {SandboxStatus} from '../../src/sandbox/status.ts'

/** What the clouds themselves say about who did what, out of `mcd sandbox status --json`. */

type Request = SandboxStatus['requests'][number]

/** `action` as the vendor names it. */
export const isReading = (action: string): boolean => /^(?:Get|List|Describe|Head|GET )/.test(action)

/** How often each call that may change something was made. A call of a name unknown to us counts as one. */
export function mutatingCalls({calls}: Pick<SandboxStatus, 'calls'>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(calls).filter(([call]) => !isReading(call.slice(call.indexOf(':') + 1))),
  )
}

/** Each effect that begins with these words, with who asked for it. */
export function effectsOf(
  {requests}: Pick<SandboxStatus, 'requests'>,
  beginning: string,
): {effect: string; principal: string; address: string | undefined}[] {
  return requests.flatMap(({effects, principal: {name, address}}: Request) =>
    effects
      .filter(effect => effect.startsWith(beginning))
      .map(effect => ({effect, principal: name, address})),
  )
}

/** Everything that was made (instances, records, security groups, firewall rules) and not ended since, by the log's account. */
export function stillThere({requests}: Pick<SandboxStatus, 'requests'>): string[] {
  const there = new Set<string>()
  for (const effect of requests.flatMap(({effects}) => effects)) {
    const [, verb, thing = ''] = /^(create|launch|delete|terminate) (instance \S+|.*)/.exec(effect) ?? []
    if (verb === 'create' || verb === 'launch') there.add(thing)
    else there.delete(thing)
  }
  return [...there]
}
