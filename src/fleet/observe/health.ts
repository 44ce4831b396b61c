import PQueue from 'p-queue'
import type {Instance} from '../../providers/compute.ts'
import type {Runtime} from '../../runtime.ts'
import type {Fleet} from '../model.ts'
import type {Health} from '../observed.ts'
import type {Probe} from '../outside.ts'
import {addressesOf} from '../plan/dns/address-records.ts'

const CONCURRENT_PROBES = 32

/** What is asked whether it serves: an instance, or what DNS still knows of one. */
export type Probed = Pick<Instance, 'id' | 'state' | 'publicIp' | 'privateIp' | 'publicIpv6'>

/** `inDns` of the probes in a row were sent while the instance stood in DNS already. */
type Streak = {health: Health; inARow: number; inDns: number; lastOk: boolean; probedAtMs: number}

/** Keeps each instance's probes in a row through one run, with the fleet file's hysteresis. */
export function healthTracker(fleet: Fleet, probe: Probe, runtime: Runtime) {
  const streaks = new Map<string, Streak>()
  const {port, health: check} = fleet.service

  async function look(instance: Probed, isInDns: boolean): Promise<void> {
    const {id} = instance
    const before = streaks.get(id)
    if (before && runtime.now() - before.probedAtMs < check.intervalMs && before.health.verdict !== 'unknown')
      return
    // IPv4 where there is both.
    const [address] = addressesOf(instance, {address: fleet.names[0]?.address ?? 'public'})
    if (address === undefined) {
      streaks.set(id, {
        health: {verdict: 'unknown', sinceMs: runtime.now(), why: 'it has no address yet'},
        inARow: 0,
        inDns: 0,
        lastOk: false,
        probedAtMs: runtime.now(),
      })
      return
    }
    const {protocol, path, timeoutMs} = check
    const result = await probe({protocol, address, port, path, host: fleet.dns, timeoutMs})
    const inARow = before && before.lastOk === result.ok ? before.inARow + 1 : 1
    const inDns = (inARow > 1 ? (before?.inDns ?? 0) : 0) + (isInDns ? 1 : 0)
    const reached = result.ok ? inARow >= check.healthy : inARow >= check.unhealthy
    const verdict = reached ? (result.ok ? 'healthy' : 'unhealthy') : (before?.health.verdict ?? 'unknown')
    const changed = verdict !== before?.health.verdict
    const hasServed =
      before?.health.hasServed || verdict === 'healthy' || (!result.ok && inDns >= check.unhealthy)
    streaks.set(id, {
      inARow,
      inDns,
      lastOk: result.ok,
      probedAtMs: runtime.now(),
      health: {
        verdict,
        sinceMs: changed ? runtime.now() : before.health.sinceMs,
        ...(result.ok ? {} : {why: result.why}),
        answered: result.ok || (result.answered ?? false),
        ...(hasServed && {hasServed}),
      },
    })
  }

  return {
    /** Probes every running instance that is due and returns all verdicts so far. `inDns` are those that stood there before. */
    async look(
      instances: readonly Probed[],
      inDns: ReadonlySet<string> = new Set(),
    ): Promise<ReadonlyMap<string, Health>> {
      const queue = new PQueue({concurrency: CONCURRENT_PROBES})
      await queue.addAll(
        instances
          .filter(({state}) => state === 'running')
          .map(instance => () => look(instance, inDns.has(instance.id))),
      )
      const present = new Set(instances.filter(({state}) => state === 'running').map(({id}) => id))
      return new Map([...streaks].filter(([id]) => present.has(id)).map(([id, {health}]) => [id, health]))
    },
    /**
     * Probes in a row until every running instance has its verdict. One that answers now and then, and neither often enough
     * in a row, has none: nothing changes for it.
     */
    async settle(
      instances: readonly Probed[],
      inDns: ReadonlySet<string> = new Set(),
    ): Promise<ReadonlyMap<string, Health>> {
      let seen = await this.look(instances, inDns)
      const rounds = check.healthy + check.unhealthy - 1
      for (
        let round = 1;
        round < rounds && [...seen.values()].some(({verdict}) => verdict === 'unknown');
        round++
      ) {
        await runtime.sleep(Math.min(check.intervalMs, 500))
        seen = await this.look(instances, inDns)
      }
      return seen
    },
  }
}
