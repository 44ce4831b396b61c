import {withLoweredTtls} from '../../src/fleet/lowered-ttl.ts'
import type {Fleet} from '../../src/fleet/model.ts'
import {readRecorded} from '../../src/journal/snapshot.ts'
import {holds} from '../support/laws.ts'
import type {Stage} from './play.ts'

/** Each address of ours has the TTL and the routing that its name asks for, or the TTL that somebody lowered. */
export async function expectSettings({sim, openJournal}: Stage, fleet: Fleet): Promise<void> {
  const {lowered} = await sim.time.run(async () => readRecorded(await openJournal()))
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
