import type {CountConnections} from '../../fleet/outside.ts'
import type {Runtime} from '../../runtime.ts'
import type {AddressMap} from '../health-probe.ts'
import {countByCounter} from './counter.ts'
import {countOverSsh} from './ssh.ts'

/** Who is connected to an instance, the way the fleet file says. Nothing is asked before it is used. */
export function connectionCount(
  runtime: Runtime,
  addressOf: AddressMap = async (host, port) => ({host, port}),
): CountConnections {
  const ways = {ssh: countOverSsh(runtime), counter: countByCounter(runtime, addressOf)}
  return target => ways[target.by.kind](target)
}
