import type {SimulatedFleet} from '../support/simulated-fleet.ts'

/**
 * Clients that stay with every instance for so long after mcd first asks for its connections; while they do, every second
 * instance cannot tell. Returns the ids of those that are ended under their hands.
 */
export function stayWithThem(sim: SimulatedFleet, stayMs: number): string[] {
  const ended: string[] = []
  const {guests, time} = sim
  const firstAskedAtMs = new Map<string, number>()
  const isInUse = (address: string) => time.now() < (firstAskedAtMs.get(address) ?? time.now() + 1) + stayMs
  const {countConnections} = guests
  guests.connectionsTo = address => (isInUse(address) ? 1 : 0)
  guests.countConnections = target => {
    const {address} = target
    if (!firstAskedAtMs.has(address)) firstAskedAtMs.set(address, time.now())
    const isMute = [...firstAskedAtMs.keys()].indexOf(address) % 2 === 1
    return isMute && isInUse(address) ? Promise.resolve({why: 'it does not tell'}) : countConnections(target)
  }
  const shutdown = guests.shutdown.bind(guests)
  guests.shutdown = (id, down) => {
    const address = guests.addressOf(id)
    if (address !== undefined && guests.serves(address) && isInUse(address)) ended.push(id)
    shutdown(id, down)
  }
  return ended
}
