import type {Instance} from '../compute.ts'
import type {Client} from './client.ts'
import {stateOf, toInstance} from './convert.ts'

/**
 * Instances over time. A plain listing hides what is destroyed or failed, and one with tombstones brings the whole
 * history with all its userdata, in every poll: so the living are listed, and of those we knew and miss we ask after
 * each once.
 */
export type Watch = {
  listInstances(fleet: string): Promise<Instance[]>
  /** They exist, whether a listing shows them yet or not. */
  launched(instances: readonly Instance[]): void
  /** We end them: when they vanish, nobody needs to be asked why. */
  ending(ids: readonly string[]): void
}

export function createWatch(client: Client, place: string): Watch {
  /** As last seen. */
  const alive = new Map<string, Instance>()
  const gone = new Map<string, Instance>()
  const ending = new Set<string>()
  const note = (instance: Instance) => {
    const [into, from] = instance.state === 'gone' ? [gone, alive] : [alive, gone]
    from.delete(instance.id)
    into.set(instance.id, instance)
  }

  return {
    async listInstances(fleet) {
      const machines = await client.listMachines({'tag.mcd_fleet': fleet})
      const listed = machines.flatMap(machine => toInstance(machine, place) ?? [])
      const missing = new Map([...alive].filter(([, {mark}]) => mark.fleet === fleet))
      for (const instance of listed) {
        missing.delete(instance.id)
        note(instance)
      }
      const unlisted = await Promise.all([...missing.values()].map(askAfter))
      return [...listed, ...unlisted.flat(), ...past(fleet)]
    },
    launched: instances => {
      for (const instance of instances) note(instance)
    },
    ending: ids => {
      for (const id of ids) ending.add(id)
    },
  }

  /** The instance where it lives unlisted; nothing where it is gone, which is then noted. */
  async function askAfter(instance: Instance): Promise<Instance[]> {
    const machine = ending.has(instance.id) ? undefined : await client.getMachine(instance.id)
    const now = machine && toInstance(machine, place)
    // Somebody took its mark away: it lives, and is not ours to list.
    if (machine && !now && stateOf(machine) !== 'gone') alive.delete(instance.id)
    else note(now ?? {...instance, state: 'gone'})
    return now && now.state !== 'gone' ? [now] : []
  }

  function past(fleet: string): Instance[] {
    return [...gone.values()].filter(({mark}) => mark.fleet === fleet)
  }
}
