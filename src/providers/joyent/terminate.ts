import {McdError} from '../../errors.ts'
import type {Runtime} from '../../runtime.ts'
import {ProtectedError} from './classify.ts'
import type {Client} from './client.ts'
import {markOf} from './convert.ts'

const POLL_MS = 2_000
/** Lifting protection is a job like any other: a minute is long for it. */
const POLLS = 30

/** Starts the end of one instance; gone before is fine. Lifts protection that mcd set, never somebody else's. */
export function createTerminator(client: Client, runtime: Runtime): (id: string) => Promise<void> {
  return async id => {
    try {
      await client.deleteMachine(id)
    } catch (error) {
      if (!(error instanceof ProtectedError)) throw error
      await unprotect(id, error)
      await client.deleteMachine(id)
    }
  }

  async function unprotect(id: string, refusal: ProtectedError): Promise<void> {
    let machine = await client.getMachine(id)
    if (machine && !markOf(machine)) throw refusal
    await client.disableDeletionProtection(id)
    for (let poll = 0; machine?.deletion_protection; poll++) {
      if (poll >= POLLS)
        throw new McdError(`Deletion protection of ${machine.name} was not lifted within a minute.`, {
          suggestions: ['Run the same command again.'],
        })
      await runtime.sleep(POLL_MS)
      machine = await client.getMachine(id)
    }
  }
}
