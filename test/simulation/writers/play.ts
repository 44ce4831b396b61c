import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {LawBroken} from '../../support/laws.ts'
import type {Figures} from './figures.ts'
import {Instance} from './instance.ts'
import {type Kind, NAME, SERVICE} from './machines.ts'
import {Mcd} from './mcd.ts'
import {actInCloudflare} from './person-cloudflare.ts'
import {actInRoute53} from './person-route53.ts'
import {Stage, type Writer} from './stage.ts'

/** Fifty writers. */
const MCDS_PER_FLEET = 3
const INSTANCES_PER_FLEET = 21
const PEOPLE = 2
export const WRITERS = 2 * (MCDS_PER_FLEET + INSTANCES_PER_FLEET) + PEOPLE
const ADDRESSES = 60
/** Longer than mcd leaves a missing record to the instance itself. */
const LATER_MS = 10 * 60_000

/** What one seed of many gives each of them to do: enough for every law to be at stake. */
export const OPERATIONS_EACH: Record<Kind, number> = {cloudflare: 20, multivalue: 20, simple: 20, srv: 10}

export type Play = {
  readonly figures: Figures
  readonly trace: readonly string[]
  readonly failure?: {law: string; found: string}
}

/** Fifty writers at so many operations each, in the order that the seed draws, and one repair by each mcd after the last of them. */
export async function playWriters(kind: Kind, seed: number, operationsEach: number): Promise<Play> {
  const stage = new Stage(kind, seed, ADDRESSES)
  const {figures, trace} = stage
  try {
    await play(stage, operationsEach)
    return {figures, trace}
  } catch (error) {
    const {message, stack = message} = error as Error
    const failure =
      error instanceof LawBroken
        ? {law: error.law, found: message}
        : {law: 'no unexpected error', found: stack}
    return {figures, trace, failure}
  }
}

async function play(stage: Stage, operationsEach: number): Promise<void> {
  // Some seeds have hardly anybody serving: then the last one leaves again and again.
  const liveliness = stage.oneOf([0.03, 0.3, 0.8]) ?? 0.5
  const mcds = stage.fleets.flatMap(fleet =>
    Array.from({length: MCDS_PER_FLEET}, (_, index) => new Mcd(stage, fleet, index + 1)),
  )
  const instances = stage.fleets.flatMap(fleet =>
    Array.from(
      {length: INSTANCES_PER_FLEET},
      (_, index) => new Instance(stage, fleet, index + 1, liveliness),
    ),
  )
  const people = Array.from({length: PEOPLE}, (_, index) => person(stage, index + 1))
  await stage.scheduler.run(
    [...mcds, ...instances, ...people].map(writer => async () => {
      for (let number = 1; number <= operationsEach; number++) {
        stage.figures.operations++
        await writer.act()
      }
    }),
  )

  stage.isCalm = true
  stage.scheduler.pass(LATER_MS)
  const [web, shop] = stage.fleets.map(fleet =>
    mcds.filter(mcd => mcd.writer.name.includes(` ${fleet.fleet.name} `)),
  )
  await alone(stage, async () => {
    for (const instance of instances) await instance.end()
    for (const [index, mcd] of (web ?? []).entries()) {
      await mcd.run({kind: 'up'})
      await shop?.[index]?.run({kind: 'up'})
    }
  })
  requireExact(stage)
}

const alone = (stage: Stage, task: () => Promise<void>): Promise<void> => stage.scheduler.run([task])

function person(stage: Stage, number: number): {act(): Promise<void>} {
  const writer: Writer = {name: `person ${number}`, kind: 'person'}
  const carry = stage.carry(writer)
  const act = stage.vendor === 'cloudflare' ? actInCloudflare : actInRoute53
  return {
    act: async () => {
      try {
        await act(stage, carry)
      } catch (error) {
        // Somebody was first, or the vendor has it otherwise: they shrug.
        if (!(error instanceof VendorError)) throw error
      }
    },
  }
}

/** Whoever is joined stands exactly once in each name, and whoever left does not stand there. */
function requireExact(stage: Stage): void {
  const items = [...stage.picture.values()]
  const wrong: string[] = []
  for (const {fleet, machines, recorded} of stage.fleets) {
    const owners = new Map([...machines.values()].map(machine => [`${fleet.name} ${machine.id}`, machine]))
    for (const [owner, machine] of owners) {
      const {id, state, serves, address} = machine
      const isJoined = state === 'running' && serves && !recorded.leaving.has(id)
      // Who runs and does not serve may stand there or not: this release leaves it to others.
      if (state === 'running' && !serves && !recorded.leaving.has(id)) continue
      const places = [
        {name: NAME, type: 'A', value: address},
        ...(stage.kind === 'srv'
          ? [
              {name: `${id}.${NAME}`, type: 'A', value: address},
              {name: SERVICE, type: 'SRV', value: `0 0 80 ${id}.${NAME}`},
            ]
          : []),
      ]
      for (const {name, type, value} of places) {
        const here = items.filter(item => item.name === name && item.type === type)
        const own = here.filter(item => item.owner === owner)
        const isRight = isJoined
          ? own.length === 1
            ? own[0]?.value === value
            : own.length === 0 && here.some(item => item.owner === undefined && item.value === value)
          : own.length === 0
        if (!isRight)
          wrong.push(
            `${owner}, ${isJoined ? `joined with ${address}` : state}: ${own.map(({bytes}) => bytes).join(' and ') || 'nothing'} in ${name}`,
          )
      }
    }
    const strays = items.filter(
      ({owner = '', about}) =>
        owner.startsWith(`${fleet.name} `) && !owner.endsWith(' -') && !owners.has(owner) && !about,
    )
    wrong.push(...strays.map(({bytes}) => `nobody's: ${bytes}`))
  }
  if (wrong.length > 0) throw new LawBroken('the joined stand once and the others do not', wrong.join('\n'))
}
