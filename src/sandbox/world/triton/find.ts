import type {CallContext} from './call-context.ts'
import {type Machine, TOMBSTONE_MS} from './model.ts'
import {nameTaken, notFound} from './refusal.ts'

/** An instance of this account, destroyed ones included until their history is purged. */
export function findMachine({dc, account}: CallContext, id: string): Machine {
  const machine = dc.machines.get(id)
  const nowMs = dc.core.clock.now()
  const purged = machine?.state === 'deleted' && nowMs - (machine.goneMs ?? nowMs) >= TOMBSTONE_MS
  if (!machine || machine.account !== account.login || purged) throw notFound(`VM ${id} not found`)
  return machine
}

/**
 * List, then create, with no reservation in between: an instance counts only once the race window has passed, so two
 * creates closer together than that both go through.
 */
export function checkNameFree({dc, account}: CallContext, name: string, except?: Machine): void {
  const {clock, delays} = dc.core
  const taken = dc.machines
    .ofAccount(account.login)
    .some(
      machine =>
        machine !== except &&
        machine.name === name &&
        machine.goneMs === undefined &&
        clock.now() - machine.createdMs >= delays.nameRaceMs,
    )
  if (taken) throw nameTaken()
}
