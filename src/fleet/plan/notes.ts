import {nameKey} from '../observed.ts'
import type {Note} from './action.ts'
import {isDead, isGone, isPassedOn, passedOnAddresses} from './dns/membership.ts'
import type {FleetView} from './fleet-view.ts'
import {ourNames} from './leaving/leave.ts'

/** What could not be read: unknown, so left as it is (law 6). */
export function troubleNotes({observed, desired}: FleetView): Note[] {
  const notes: Note[] = desired.fleet.warnings.map(text => ({kind: 'warning', text, blocks: false}))
  for (const [place, seen] of observed.places) {
    if (!seen.readable)
      notes.push({
        kind: 'unreachable',
        text: `${place} could not be read: ${sentence(seen.why)} What is there stays as it is.`,
        blocks: true,
        place,
      })
  }
  for (const [name, seen] of observed.names) {
    if (!seen.readable)
      notes.push({
        kind: 'unreachable',
        text: `${name} could not be read: ${sentence(seen.why)} What is there stays as it is.`,
        blocks: true,
        place: name,
      })
  }
  return notes
}

/** Who takes over for whom, or when, or why not (decision 13): the fleet is not what the file says as long as it lasts. */
export const failoverNotes = ({desired: {takeovers = []}}: FleetView): Note[] =>
  takeovers.map(({text}) => ({kind: 'failover', text, blocks: true}))

/** Our fleet name under another DNS name: somebody else's fleet, reported and left (decision 1). */
export function strangerNotes({strangers, desired}: FleetView): Note[] {
  const owners = new Map<string, number>()
  for (const {mark} of strangers.values()) owners.set(mark.dns, (owners.get(mark.dns) ?? 0) + 1)
  return [...owners].map(([dns, count]) => ({
    kind: 'foreign-owner',
    text: `${count} ${count === 1 ? 'instance belongs' : 'instances belong'} to another fleet "${desired.fleet.name}" (${dns}): left alone.`,
    blocks: false,
  }))
}

/**
 * Somebody took their tags away: not ours to change any more, and paid for all the same. What they answer for under our names,
 * and what a `down` leaves behind, is a difference; one that is out of DNS is only told of.
 */
export function unmarkedNotes({unmarked, observed, desired: {goal, fleet}}: FleetView): Note[] {
  const isMeant = (group: string, id: string) =>
    goal.kind === 'down' &&
    ((!goal.groups && !goal.instances) || goal.groups?.includes(group) || goal.instances?.includes(id))
  const staying = [...unmarked.values()].filter(({state}) => state !== 'stopping')
  return staying.map(({id, place, state, mark: {group}}): Note => {
    const names = fleet.names.flatMap(({vendor, name}) => {
      const seen = observed.names.get(nameKey(vendor, name))
      const stands = seen?.readable && seen.members.some(({mark}) => mark?.instance === id)
      return stands ? [name] : []
    })
    const isToEnd = isMeant(group, id) ?? false
    const how = state === 'running' ? 'still runs' : `still exists (${state})`
    const leaves = isToEnd ? 'mcd ends only what carries it' : 'mcd leaves it as it is and counts it no more'
    const answers = names.length > 0 ? `, and it answers under ${names.join(' and ')} as before` : ''
    return {
      kind: 'unmarked',
      text: `${id} of group ${group} in ${place} ${how} and costs money, but its mark is gone: ${leaves}${answers}. Give it its tags again ("mcd why ${id}" lists them), or end it at its cloud.`,
      blocks: names.length > 0 || isToEnd,
      instance: id,
    }
  })
}

/** Addresses of ours whose instances nobody can name: they stay, and somebody has to look. */
export function unknownNotes(view: FleetView): Note[] {
  const passedOn = passedOnAddresses(view)
  return ourNames(view).flatMap(({vendor, name, declared}): Note[] => {
    const seen = view.observed.names.get(nameKey(vendor, name))
    const marked = seen?.readable
      ? seen.members.flatMap(member => {
          const {mark, type, value} = member
          if (mark?.fleet !== view.desired.fleet.name || type === 'TXT') return []
          return declared && isPassedOn(view, member, passedOn) ? [] : [{id: mark.instance, value}]
        })
      : []
    const unknown = marked.filter(({id}) => isGone(view, id) && !isDead(view, id))
    if (unknown.length === 0) return []
    const list = unknown.map(({id, value}) => `${value} (${id})`).join(', ')
    return [
      {
        kind: 'unknown-instance',
        text: `${name} answers with addresses of this fleet whose instances no place shows and the journal does not know: ${list}. They may live in a place that the fleet file no longer names: name it again with "count: 0", and they drain. If they are gone for sure, remove these records by hand.`,
        blocks: true,
      },
    ]
  })
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
