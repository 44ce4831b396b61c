import type {Member} from '../../dns.ts'
import type {Finding} from '../../examine.ts'
import {DeniedError, isMissing} from '../classify.ts'
import {toMember} from '../convert.ts'
import {type Answer, ask, askAll, type Desk} from './desk.ts'

/** Every value under these names. */
export async function askMembers(
  desk: Desk,
  zoneId: string,
  names: readonly string[],
): Promise<Answer<Member[]>> {
  const members: Member[] = []
  for (const name of names) {
    const records = await askAll(desk, 'GET dns_records', (page, signal) =>
      desk.client.records(zoneId, name, page, signal),
    )
    if (records.error) return records
    members.push(...records.value.flatMap(record => toMember(record) ?? []))
  }
  return {value: members}
}

/** Whether the token may list records: `read` is what came of it. */
export function readFinding(zone: string, read: Answer<unknown>): Finding {
  return read.error
    ? lacking('DNS Read', zone, read.error)
    : {check: 'permission', subject: 'DNS Read', outcome: 'ok', detail: `It lists the records of ${zone}.`}
}

/**
 * Whether the token may change records, by removing one that was never there. CloudFlare answers whether the token may before
 * it looks for the record.
 */
export async function tryWrite(desk: Desk, zoneId: string, zone: string): Promise<Finding> {
  const nobodys = desk.runtime.id().replaceAll('-', '')
  const {error} = await ask(desk, 'DELETE dns_records', signal => desk.client.delete(zoneId, nobodys, signal))
  if (error && !isMissing(error)) return lacking('DNS Write', zone, error)
  return {
    check: 'permission',
    subject: 'DNS Write',
    outcome: 'ok',
    detail: `It may change the records of ${zone}: asked to remove one that is not there, CloudFlare said just that.`,
  }
}

function lacking(permission: string, zone: string, error: Error): Finding {
  const about = {check: 'permission' as const, subject: permission, detail: error.message}
  if (!(error instanceof DeniedError)) return {...about, outcome: 'unknown'}
  const remedy = error.wrongAddress
    ? (error.suggestions[0] ?? '')
    : `Give the token "${permission}" on zone ${zone} (dash.cloudflare.com, My Profile, API Tokens).`
  return {...about, outcome: 'failed', remedy}
}
