import type {Finding, ZoneNeeds} from '../../examine.ts'
import {DeniedError} from '../classify.ts'
import type {VendorToken, VendorZone} from '../convert.ts'
import {type Answer, ask, askAll, type Desk} from './desk.ts'
import {askMembers, readFinding, tryWrite} from './permissions.ts'
import {recordFindings} from './records.ts'
import {tokenFinding} from './token.ts'

/** All that a run does in a zone: find it, read its records, change them. */
export async function examineForOperator(desk: Desk, needs: ZoneNeeds): Promise<Finding[]> {
  const {client} = desk
  const asUser = await ask(desk, 'GET user/tokens/verify', signal => client.verify(undefined, signal))
  const zones = await askAll(desk, 'GET zones', (page, signal) => client.zones(needs.zone, page, signal))
  const zone = zones.error ? undefined : choose(zones.value, needs.zone)
  const verified = await orAsAccount(desk, asUser, zone)
  const token = tokenFinding(desk, verified, zone !== undefined)
  if (token.outcome === 'failed') return [token]
  if (!zone) return [token, unseen(needs.zone, zones)]
  const names = [...new Set(needs.names.map(({name}) => name))]
  const members = await askMembers(desk, zone.id, names)
  return [
    token,
    zoneFinding(zone),
    readFinding(zone.name, members),
    await tryWrite(desk, zone.id, zone.name),
    ...(members.error ? [] : await recordFindings(desk, zone, needs, members.value)),
  ]
}

/** As the DNS provider chooses: several accounts may hold one name, and one zone at most of it answers. */
function choose(zones: readonly VendorZone[], name: string): VendorZone | undefined {
  const named = zones.filter(zone => zone.name.toLowerCase() === name)
  return named.find(({status = 'active'}) => status === 'active') ?? named[0]
}

async function orAsAccount(
  desk: Desk,
  asUser: Answer<VendorToken>,
  zone: VendorZone | undefined,
): Promise<Answer<VendorToken>> {
  const account = zone?.account.id
  if (!(asUser.error instanceof DeniedError) || asUser.error.wrongAddress || account === undefined)
    return asUser
  return ask(desk, 'GET accounts/tokens/verify', signal => desk.client.verify(account, signal))
}

function zoneFinding({
  name,
  id,
  status = 'active',
  account,
  plan,
  name_servers: servers,
}: VendorZone): Finding {
  const about = {check: 'zone' as const, subject: name}
  if (status === 'active') {
    const on = plan?.name ? `, on the plan "${plan.name}"` : ''
    return {...about, outcome: 'ok', detail: `Zone ${id} of account ${account.id ?? '(not shown)'}${on}.`}
  }
  return {
    ...about,
    outcome: 'failed',
    detail: `The zone is ${status} in CloudFlare, not active: it answers nobody until its registrar names CloudFlare's servers.`,
    remedy: servers?.length
      ? `Set the name servers ${servers.join(' and ')} at the registrar of ${name}.`
      : `Set the name servers that CloudFlare shows for it at the registrar of ${name}.`,
  }
}

function unseen(zone: string, {error}: Answer<VendorZone[]>): Finding {
  const remedy = `Give the token "Zone Read" and "DNS Write" on ${zone}, or correct "zone" in the fleet file.`
  if (error) {
    const failed = error instanceof DeniedError
    return {
      check: 'permission',
      subject: 'Zone Read',
      outcome: failed ? 'failed' : 'unknown',
      detail: error.message,
      ...(failed && {remedy}),
    }
  }
  return {
    check: 'zone',
    subject: zone,
    outcome: 'failed',
    detail: `CloudFlare shows this token no zone ${zone}: there is none in its accounts, or it may not read it.`,
    remedy,
  }
}
