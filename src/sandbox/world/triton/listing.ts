import {MAX_PAGE, type Machine} from './model.ts'
import {invalidArgument} from './refusal.ts'

/** Query parameters and body fields, merged as CloudAPI merges them. */
export type Params = Readonly<Record<string, unknown>>

export type Page = {readonly machines: readonly Machine[]; readonly limit: number}

const GONE = new Set(['deleted', 'failed'])

/** What `state=` accepts and the states it really selects; the first two are mapped to "active". */
const STATE_FILTERS: Record<string, (machine: Machine) => boolean> = {
  provisioning: ({state}) => !GONE.has(state),
  stopping: ({state}) => !GONE.has(state),
  active: ({state}) => !GONE.has(state),
  stopped: ({state}) => state === 'stopped',
  running: ({state}) => state === 'running',
  unknown: ({state}) => state === 'unknown',
  destroyed: ({state}) => state === 'deleted',
}

/**
 * ListMachines over one account's instances, newest first. Unknown parameters are ignored, as CloudAPI does. Destroyed
 * and failed instances show only with `tombstone`. Source: getListOptions in lib/machines.js of sdc-cloudapi.
 */
export function pageOf(machines: readonly Machine[], params: Params): Page {
  const limit = wholeNumber(params, 'limit', 1, MAX_PAGE) ?? MAX_PAGE
  const offset = wholeNumber(params, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0
  const filters = filtersOf(params)
  const found = machines.filter(machine => filters.every(filter => filter(machine)))
  found.sort((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? -1 : 1))
  return {machines: found.slice(offset, offset + limit), limit}
}

function filtersOf(params: Params): ((machine: Machine) => boolean)[] {
  const filters: ((machine: Machine) => boolean)[] = []
  const state = text(params.state)
  if (state !== undefined) {
    const filter = STATE_FILTERS[state]
    if (!filter) throw invalidArgument(`${state} is not a valid state`)
    filters.push(filter)
  } else if (!isTrue(params.tombstone)) {
    filters.push(machine => !GONE.has(machine.state))
  }
  // `tags=*` takes the place of every other filter.
  if (text(params.tags) === '*') return filters
  const type = text(params.type)
  if (type !== undefined) {
    if (type !== 'smartmachine' && type !== 'virtualmachine')
      throw invalidArgument(`${type} is not a valid type`)
    filters.push(({brand}) => (brand === 'bhyve' || brand === 'kvm') === (type === 'virtualmachine'))
  }
  const docker = text(params.docker)
  if (docker !== undefined) {
    if (docker !== 'true' && docker !== 'false') throw invalidArgument(`${docker} is not a valid boolean`)
    filters.push(() => docker === 'false')
  }
  const {brand, image, memory} = params
  if (brand !== undefined) filters.push(machine => machine.brand === text(brand))
  if (image !== undefined) filters.push(machine => machine.image.id === text(image))
  if (memory !== undefined) filters.push(machine => String(machine.package.memory) === text(memory))
  const name = text(params.name)
  // Documented as exact; VMAPI appends a wildcard to the alias.
  if (name !== undefined) filters.push(machine => machine.name.startsWith(name))
  for (const [key, value] of Object.entries(params)) {
    if (!key.startsWith('tag.')) continue
    filters.push(({tags}) => {
      const held = tags[key.slice('tag.'.length)]
      return held !== undefined && String(held) === text(value)
    })
  }
  return filters
}

function wholeNumber(params: Params, name: string, lowest: number, highest: number): number | undefined {
  const given = text(params[name])
  if (given === undefined) return undefined
  const number = Number(given)
  if (given === '' || !Number.isInteger(number) || number < lowest || number > highest)
    throw invalidArgument(`${name} must be a whole number from ${lowest} to ${highest}`)
  return number
}

export const text = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : String(value)
export const isTrue = (value: unknown): boolean => value === true || value === 'true'
