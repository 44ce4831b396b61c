import {
  CapacityError,
  McdError,
  NotShownError,
  QuotaError,
  RefusedError,
  TransientError,
  UnreachableError,
} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import type {LaunchOrder, LaunchReceipt} from '../compute.ts'
import {NameTakenError} from './classify.ts'
import type {Client} from './client.ts'
import {markOf, stateOf, toInstance, toNewMachine} from './convert.ts'
import type {ApiMachine} from './shapes.ts'

/** A request body as a whole (sdc-cloudapi lib/app.js). */
const MAX_BODY_BYTES = 100_000
/** How long a create that was accepted may stay out of listings, and how far apart two of one name can both pass. */
const SETTLE_MS = 5_000
/** Looks after a lost reply, SETTLE_MS apart, before the same name is sent again. */
const LOOKS = 3
/** Times one instance is sent before we give up on the cloud. */
const SENDS = 3

/**
 * A launch on a cloud without client tokens. Names are a function of the launch, so that the cloud itself refuses most
 * doubles; what it does not (it lists and then creates, with nothing reserved in between) is found by a listing after
 * the race window, and the surplus is ended.
 */
export type Launcher = (order: LaunchOrder) => Promise<LaunchReceipt>

type Shortfall = NonNullable<LaunchReceipt['shortfall']>
type Slot = {readonly name: string; readonly body: ReturnType<typeof toNewMachine>}

type Tools = {
  readonly client: Client
  readonly runtime: Runtime
  readonly place: string
  readonly concurrency: number
  /** Ends an instance, protected or not. */
  readonly end: (id: string) => Promise<void>
}

export function createLauncher({client, runtime, place, concurrency, end}: Tools): Launcher {
  /** What this process launched, by instance name: a repeated order needs no look at a listing that may lag. */
  const launched = new Map<string, ApiMachine>()

  return async order => {
    const slots = slotsOf(order)
    const {launch} = order.mark
    const found = new Map<string, ApiMachine>()
    const adopt = (machines: readonly ApiMachine[]) => {
      for (const {name} of slots) {
        const kept = keeper(machines, name) ?? launched.get(name)
        if (kept) found.set(name, kept)
      }
    }
    let seen = order.resumed ? await listLaunch(launch) : []
    adopt(seen)
    if (order.resumed && found.size < slots.length) {
      // The earlier run's last call may still be under way.
      await runtime.sleep(SETTLE_MS)
      seen = await listLaunch(launch)
      adopt(seen)
    }

    const made = await createAll(
      slots.filter(({name}) => !found.has(name)),
      launch,
    )
    for (const machine of made.machines) found.set(machine.name, machine)
    if (made.uncertain || (order.resumed && made.machines.length > 0)) {
      await runtime.sleep(SETTLE_MS)
      seen = await listLaunch(launch)
      adopt(seen)
    }
    const doubles = await endSurplus(seen, slots)
    for (const [name, machine] of found) launched.set(name, machine)

    if (made.error) throw made.error
    const instances = slots.flatMap(({name}) => {
      const machine = found.get(name)
      return (machine && toInstance(machine, place)) ?? []
    })
    const ended = doubles.length > 0 ? {doubles} : {}
    if (!made.shortfall) return {instances, ...ended}
    if (instances.length === 0) throw made.refusal
    return {instances, shortfall: made.shortfall, ...ended}
  }

  /** What carries this launch's mark, the gone ones included: what was launched once is not launched again. */
  function listLaunch(launch: string): Promise<ApiMachine[]> {
    return client.listMachines({'tag.mcd_launch': launch, tombstone: 'true'})
  }

  /** Side by side. A refusal for want of room or quota stops further creates, and so does any other error. */
  async function createAll(slots: readonly Slot[], launch: string) {
    const waiting = [...slots]
    const machines: ApiMachine[] = []
    const outcome: {uncertain: boolean; shortfall?: Shortfall; refusal?: unknown; error?: unknown} = {
      uncertain: false,
    }
    const work = async () => {
      for (let slot = waiting.shift(); slot; slot = waiting.shift()) {
        try {
          const {machine, uncertain} = await createOne(slot, launch)
          machines.push(machine)
          outcome.uncertain ||= uncertain
        } catch (error) {
          waiting.length = 0
          const kind =
            error instanceof CapacityError ? 'capacity' : error instanceof QuotaError ? 'quota' : undefined
          if (kind) {
            outcome.shortfall = {kind, message: (error as McdError).message}
            outcome.refusal = error
          } else outcome.error ??= error
        }
      }
    }
    await Promise.all(Array.from({length: Math.min(concurrency, slots.length)}, work))
    return {machines, ...outcome}
  }

  /** Never sends a create again blindly: after a lost reply it looks, and a name that is taken is ours or it is not. */
  async function createOne(slot: Slot, launch: string): Promise<{machine: ApiMachine; uncertain: boolean}> {
    for (let sent = 1; ; sent++) {
      try {
        return {machine: await client.createMachine(slot.body), uncertain: sent > 1}
      } catch (error) {
        const isLost = error instanceof TransientError && error.effect === 'unknown'
        if (!isLost && !(error instanceof NameTakenError)) throw error
        const ours = await lookFor(slot, launch, isLost)
        if (ours) return {machine: ours, uncertain: true}
        if (!isLost) {
          const shown = (await client.listMachines({name: slot.name})).some(({name}) => name === slot.name)
          throw shown ? nameConflict(slot.name, error) : hidden(slot.name, error)
        }
        if (sent >= SENDS)
          throw new UnreachableError(
            `${error.message}; mcd looked for the instance and sent it ${sent} times.`,
            {
              cause: error,
              effect: 'unknown',
              suggestions: [
                'Run the same command again when the cloud answers: it looks for this instance first.',
              ],
            },
          )
      }
    }
  }

  async function lookFor({name}: Slot, launch: string, isLost: boolean): Promise<ApiMachine | undefined> {
    for (let look = 1; look <= LOOKS; look++) {
      // A name that is taken is there to be seen; what a lost call made may take its time.
      if (isLost || look > 1) await runtime.sleep(SETTLE_MS)
      // The name filter is a prefix, and a tombstone tells that it was made once.
      const kept = keeper(
        await client.listMachines({name, 'tag.mcd_launch': launch, tombstone: 'true'}),
        name,
      )
      if (kept) return kept
    }
    return undefined
  }

  async function endSurplus(machines: readonly ApiMachine[], slots: readonly Slot[]): Promise<string[]> {
    const ended: string[] = []
    for (const {name} of slots) {
      const alive = machines.filter(machine => machine.name === name && stateOf(machine) !== 'gone')
      const kept = keeper(alive, name)
      for (const machine of alive) {
        if (machine === kept || !markOf(machine)) continue
        await end(machine.id)
        ended.push(machine.id)
      }
    }
    return ended
  }
}

/** Of several with one name every run keeps the same: the living before the gone, then the oldest. */
function keeper(machines: readonly ApiMachine[], name: string): ApiMachine | undefined {
  const isGone = (machine: ApiMachine) => Number(stateOf(machine) === 'gone')
  return machines
    .filter(machine => machine.name === name)
    .sort(
      (a, b) => isGone(a) - isGone(b) || a.created.localeCompare(b.created) || a.id.localeCompare(b.id),
    )[0]
}

function slotsOf(order: LaunchOrder): Slot[] {
  const userdata = textOf(order.userdata)
  return Array.from({length: order.count}, (_, index) => {
    const body = toNewMachine(order, userdata, index)
    const bytes = Buffer.byteLength(JSON.stringify(body))
    if (bytes > MAX_BODY_BYTES)
      throw new RefusedError(
        [
          `Group "${order.mark.group}": the launch request has ${bytes} bytes, and CloudAPI takes ${MAX_BODY_BYTES} (${order.userdata.byteLength} of them are userdata, before JSON escapes them).`,
        ],
        {suggestions: ['Make the userdata template or the metadata smaller.']},
      )
    return {name: body.name, body}
  })
}

/** Metadata is text: compressed userdata cannot travel in it. */
function textOf(userdata: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(userdata)
  } catch (cause) {
    throw new RefusedError(['The userdata is not UTF-8 text, which is all that Triton metadata holds.'], {
      cause,
    })
  }
}

/** The name is a digest of the launch: what has it and does not show is most likely what an earlier attempt made. */
function hidden(name: string, cause: unknown): McdError {
  return new NotShownError(
    `The cloud says that an instance named ${name} exists, and does not show it yet.`,
    {
      cause,
      suggestions: ['Run the same command again in a minute: it looks for this instance first.'],
    },
  )
}

function nameConflict(name: string, cause: unknown): McdError {
  return new McdError(
    `An instance named ${name} exists already and is not of this launch: it was left alone.`,
    {
      cause,
      suggestions: [`Look at it with "triton instance get ${name}", and rename or remove it.`],
    },
  )
}
