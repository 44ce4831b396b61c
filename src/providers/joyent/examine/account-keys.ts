import type {Finding} from '../../examine.ts'
import type {Entered} from './access.ts'
import {ask} from './told.ts'

/** CreateMachine is refused to an account without any SSH key (KeyRequired): they are what instances let in. */
export async function examineAccountKeys({client, caller}: Entered): Promise<Finding> {
  const {value: keys, finding} = await ask('ListKeys', caller, client.listKeys)
  if (finding.check === 'reach') return finding
  const about = {check: 'key' as const, subject: `SSH keys of ${caller.account}`}
  if (!keys) return {...about, outcome: 'unknown', detail: finding.detail}
  if (keys.length === 0)
    return {
      ...about,
      outcome: 'failed',
      detail: 'The account has no SSH key, and CloudAPI makes no instance without one.',
      remedy: 'Add one to the account: triton key add FILE.pub',
    }
  const names = keys.map(({name}) => name).join(', ')
  return {...about, outcome: 'ok', detail: `Instances let in who has one of them: ${names}.`}
}
