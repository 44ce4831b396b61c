import type {Request} from '../../src/fleet/desire/course.ts'
import {withLoweredTtls} from '../../src/fleet/desire/lowered-ttl.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {holds} from '../support/laws.ts'
import type {Stage} from './stage.ts'

/** Of each vendor, as `mcd ttl lower` takes it where nothing else is said. */
const SHORTEST_SECONDS = {cloudflare: 60, route53: 5}

/** When a lowered TTL is said to have passed, no resolver remembers an address for longer. */
export function expectPassed({watch}: Stage, {names}: Fleet): void {
  const seconds = names.map(({vendor, ttlSeconds}) => Math.min(ttlSeconds, SHORTEST_SECONDS[vendor]))
  const longestMs = Math.max(...seconds) * 1_000
  holds('a lowered TTL has passed everywhere', Math.max(longestMs, watch.longestMemoryMs()), longestMs)
}

/** Each address of ours has the TTL and the routing that its name asks for, or the TTL that somebody lowered. */
export async function expectSettings(
  {sim, openJournal}: Stage,
  fleet: Fleet,
  request: Request | undefined,
): Promise<void> {
  const recorded = await sim.time.run(async () => readRecorded(await openJournal()))
  const lowered = request?.kind === 'restore-ttl' ? new Map() : recorded.lowered
  const {names} = withLoweredTtls(fleet, lowered)
  const members = await sim.members(fleet)
  const text = (name: string, ttlSeconds: number, routing = 'multivalue') =>
    `${name} ${ttlSeconds} s ${routing}`
  const found = members.flatMap(({type, name, mark, ttlSeconds, routing}) =>
    type === 'A' && mark?.fleet === fleet.name
      ? [text(name, ttlSeconds, routing === 'single' ? undefined : routing)]
      : [],
  )
  const wanted = names.map(({name, ttlSeconds, routing}) => text(name, ttlSeconds, routing))
  holds(
    'records are as the file says',
    [...new Set(found)].filter(each => !wanted.includes(each)),
    [],
  )
}
