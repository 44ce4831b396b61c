import type {ComputeProvider} from '../../src/providers/compute.ts'
import type {DnsProvider} from '../../src/providers/dns.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {ComputeHarness} from '../contract/compute.ts'
import type {DnsHarness} from '../contract/dns.ts'
import type {Cannot, Harness, Scene} from '../contract/play.ts'
import type {ComputeProbe, ComputeScenarios, DnsProbe, DnsScenarios} from '../contract/scenarios.ts'
import {replay} from './replay.ts'
import {VirtualTime} from './virtual-runtime.ts'

/** For each scenario its facts, or why it cannot be played. */
type FactsOf<Scenarios> = {readonly [Name in keyof Scenarios]: Scenarios[Name] | Cannot}

/**
 * A contract harness from recorded exchanges, which lie in `fixtures/<vendor>/<scenario>/`. `build` makes the adapter as
 * it is used, on a virtual runtime. Scenarios without any call need no folder.
 */
export function recordedCompute(
  vendor: string,
  facts: FactsOf<ComputeScenarios>,
  build: (runtime: Runtime) => ComputeProvider | Promise<ComputeProvider>,
): ComputeHarness {
  return recorded<ComputeProvider, ComputeScenarios, ComputeProbe>(vendor, facts, build)
}

/** As recordedCompute, for DNS. */
export function recordedDns(
  vendor: string,
  facts: FactsOf<DnsScenarios>,
  build: (runtime: Runtime) => DnsProvider | Promise<DnsProvider>,
): DnsHarness {
  return recorded<DnsProvider, DnsScenarios, DnsProbe>(vendor, facts, build)
}

function recorded<Provider, Scenarios extends object, Probe>(
  vendor: string,
  facts: FactsOf<Scenarios>,
  build: (runtime: Runtime) => Provider | Promise<Provider>,
): Harness<Provider, Scenarios, Probe> {
  const open = async <Name extends keyof Scenarios & string>(
    name: Name,
    known: Scenarios[Name],
  ): Promise<Scene<Provider, Scenarios[Name], Probe>> => {
    const time = new VirtualTime()
    const exchanges = replay(`${vendor}/${name}`)
    const stop = time.attend()
    return {
      provider: await build(time.runtime()),
      facts: known,
      close: async () => {
        stop()
        exchanges.finish()
      },
    }
  }
  return Object.fromEntries(
    Object.entries(facts).map(([name, known]) => [
      name,
      isCannot(known)
        ? known
        : () => open(name as keyof Scenarios & string, known as Scenarios[keyof Scenarios & string]),
    ]),
  ) as Harness<Provider, Scenarios, Probe>
}

const isCannot = (value: unknown): value is Cannot =>
  typeof value === 'object' && value !== null && 'cannot' in value
