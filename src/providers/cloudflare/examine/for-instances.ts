import type {Finding, ZoneNeeds} from '../../examine.ts'
import {DeniedError} from '../classify.ts'
import {ask, askAll, type Desk} from './desk.ts'
import {askMembers, readFinding, tryWrite} from './permissions.ts'
import {subjectOf, tokenFinding} from './token.ts'

/** All that an instance does: read the records of its names and change them, in a zone whose id it is told. */
export async function examineForInstances(desk: Desk, needs: ZoneNeeds, zoneId: string): Promise<Finding[]> {
  const {client} = desk
  const verified = await ask(desk, 'GET user/tokens/verify', signal => client.verify(undefined, signal))
  const names = [...new Set(needs.names.map(({name}) => name))]
  const members = await askMembers(desk, zoneId, names)
  if (members.error instanceof DeniedError && members.error.wrongAddress)
    return [elsewhere(desk, members.error)]
  const token = tokenFinding(desk, verified, !members.error)
  if (token.outcome === 'failed') return [token]
  return [
    token,
    readFinding(needs.zone, members),
    await tryWrite(desk, zoneId, needs.zone),
    await reachFinding(desk, zoneId),
  ]
}

/** Such a token is a good one: it is of no use to whoever finds it. */
function elsewhere(desk: Desk, {message}: DeniedError): Finding {
  return {
    check: 'identity',
    subject: subjectOf(desk),
    outcome: 'unknown',
    detail: `${message}. Whether it may be used from the instances' addresses shows only there.`,
  }
}

/** Whoever gets into an instance has its token: the less it reaches the better (decisions 24 and 25). */
async function reachFinding(desk: Desk, zoneId: string): Promise<Finding> {
  const about = {check: 'permission' as const, subject: "reach of the instances' token"}
  const remedy =
    'Create a token with "DNS Write" on this one zone, and give it to the instances in "instanceCredentials".'
  if (desk.token.isOperators)
    return {
      ...about,
      outcome: 'warning',
      detail: 'The instances are given the token that mcd itself uses: it reaches all that mcd does.',
      remedy,
    }
  const zones = await askAll(desk, 'GET zones', (page, signal) => desk.client.zones(undefined, page, signal))
  // An instance has no need to list zones: that it may not is well.
  const others = zones.error ? [] : zones.value.filter(({id}) => id !== zoneId).map(({name}) => name)
  if (others.length === 0)
    return {...about, outcome: 'ok', detail: 'CloudFlare shows the token no other zone.'}
  return {
    ...about,
    outcome: 'warning',
    detail: `The token can also read ${others.length === 1 ? `zone ${others[0]}` : `${others.length} other zones`}: it is for more than this one.`,
    remedy,
  }
}
