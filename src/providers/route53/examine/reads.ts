import {AuthError, McdError, UnreachableError} from '../../../errors.ts'
import {holdName} from '../../../mark.ts'
import {isDenied} from '../../aws-access.ts'
import type {Member} from '../../dns.ts'
import type {Finding, ZoneNeeds} from '../../examine.ts'
import type {Route53Api} from '../api.ts'
import {UnknownChange} from '../classify.ts'
import {withEntries} from '../companion.ts'
import {toMembers} from '../convert.ts'
import {listRecordSets} from '../listing.ts'

/** Whether the names can be read, and what stands there: undefined where they cannot. */
export async function examineReading(
  api: Route53Api,
  zoneId: string,
  needs: ZoneNeeds,
): Promise<{readonly finding: Finding; readonly members?: readonly Member[]}> {
  const names = needs.names.flatMap(({name, discovery}) => [name, ...(discovery ? [discovery.name] : [])])
  try {
    const sets = await listRecordSets(api, zoneId, [...names, ...names.map(holdName)])
    const members = withEntries(sets.flatMap(toMembers), sets)
    return {finding: allowed('ListResourceRecordSets', needs), members}
  } catch (error) {
    return {finding: notAllowed('ListResourceRecordSets', needs, error)}
  }
}

/** Of the form that ids of changes have. */
const NO_CHANGE = 'C00000000000MCDDOCTOR'

/** Whether a change can be followed until all servers have it: nobody knows this one, but whoever may not ask is told so first. */
export async function examineFollowing(api: Route53Api, needs: ZoneNeeds): Promise<Finding> {
  try {
    await api.getChange({Id: NO_CHANGE})
  } catch (error) {
    if (!(error instanceof UnknownChange)) return notAllowed('GetChange', needs, error)
  }
  return allowed('GetChange', needs)
}

export const allowed = (action: string, {zone}: ZoneNeeds): Finding => ({
  check: 'permission',
  subject: `route53:${action} ${zone}`,
  outcome: 'ok',
  detail: 'Allowed.',
})

/** The finding of a call that was refused. Throws what ends the look: nobody answers, or the credentials are no good. */
export function notAllowed(action: string, needs: ZoneNeeds, error: unknown): Finding {
  const subject = `route53:${action} ${needs.zone}`
  if (isDenied(error))
    return {
      check: 'permission',
      subject,
      outcome: 'failed',
      detail: `These credentials may not ${action} in zone ${needs.zone}.`,
      remedy: allowing(`route53:${action}`, needs),
    }
  if (!(error instanceof McdError) || error instanceof AuthError || error instanceof UnreachableError)
    throw error
  return {check: 'permission', subject, outcome: 'unknown', detail: error.message}
}

export const allowing = (action: string, {forInstances}: ZoneNeeds): string =>
  `Allow ${action} to ${forInstances ? 'the instances' : 'these credentials'}: "mcd policy" prints the statement.`
