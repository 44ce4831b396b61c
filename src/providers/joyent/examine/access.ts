import {McdError} from '../../../errors.ts'
import type {Finding} from '../../examine.ts'
import {NotAllowedError} from '../classify.ts'
import type {Client} from '../client.ts'
import {connect, datacenterName, type JoyentComputeOptions} from '../connect.ts'
import {loadProfile, type TritonProfile} from '../profile.ts'
import {loadSigner} from '../sign.ts'
import {ask, type Caller, failed} from './told.ts'

export type Access = {
  readonly findings: Finding[]
  /** Absent: nothing more can be asked. */
  readonly entered?: Entered
}
export type Entered = {
  readonly client: Client
  readonly caller: Caller
  /** Its name; the endpoint's host where it is not told. */
  readonly datacenter: string
}

/** How far a request's date may lie from the cloud's (CloudAPI reference, "Authorization"). */
const MAX_SKEW_MS = 300_000

/** The way in, step by step: the profile, the key that it names, and whether CloudAPI knows both. */
export async function examineAccess(options: JoyentComputeOptions): Promise<Access> {
  const {place} = options
  let profile: TritonProfile
  try {
    profile = options.profile ?? loadProfile(place)
  } catch (error) {
    return {
      findings: [failed('settings', `profile ${place.profile ?? 'in use'}`, asMcdError(error))],
    }
  }
  const settings: Finding = {
    check: 'settings',
    subject: `profile ${profile.name}`,
    outcome: 'ok',
    detail: `Account ${profile.account} at ${place.endpoint ?? profile.url}.`,
  }
  const {findings, entered} = await enter(options, profile)
  return {findings: [settings, ...findings], ...(entered && {entered})}
}

async function enter(options: JoyentComputeOptions, profile: TritonProfile): Promise<Access> {
  const {place, runtime, key} = options
  const caller = callerOf(profile)
  const signing = {check: 'key' as const, subject: `signing key ${profile.keyId}`}
  let aheadMs = 0
  let way: Awaited<ReturnType<typeof connect>>
  try {
    const signer = options.signer ?? (await loadSigner({profile, runtime, ...(key && {key})}))
    way = await connect({...options, profile, signer}, ({dateMs}) => {
      if (dateMs !== undefined) aheadMs = runtime.now() - dateMs
    })
  } catch (error) {
    return {findings: [failed('key', signing.subject, asMcdError(error))]}
  }
  const {client, url} = way

  const {value: account, error, finding} = await ask('GetAccount', caller, client.getAccount)
  if (error && Math.abs(aheadMs) > MAX_SKEW_MS) return {findings: [wrongClock(aheadMs)]}
  const isForbidden = error instanceof NotAllowedError
  if (error && !isForbidden)
    return {findings: [finding.check === 'reach' ? finding : strange(place.key, finding)]}
  // A sub-user may be known and yet not be let look at its account: the calls that follow tell what else it lacks.
  if (isForbidden && caller.guest === undefined) return {findings: [finding]}

  const centres = await ask('ListDatacenters', caller, client.listDatacenters)
  const datacenter = datacenterName(centres.value ?? {}, url)
  const used = caller.guest === undefined ? '' : `, used by ${caller.guest}${withRoles(caller)}`
  const who = `${account?.login ?? caller.account}${account ? ` (${account.id})` : ''}`
  return {
    findings: [
      {...signing, outcome: 'ok', detail: `It signs for ${caller.guest ?? caller.account}.`},
      {
        check: 'identity',
        subject: place.key,
        outcome: 'ok',
        detail: `Account ${who} in ${datacenter}${used}.`,
      },
      finding,
      centres.finding,
    ],
    entered: {client, caller, datacenter},
  }
}

function callerOf({account, user, roles, actAsAccount = account}: TritonProfile): Caller {
  const guest = user ?? (actAsAccount === account ? undefined : account)
  return {account: actAsAccount, ...(guest && {guest}), ...(roles?.length && {roles})}
}

const withRoles = ({roles}: Caller): string => (roles ? ` with the roles ${roles.join(', ')}` : '')

/** Of an account that it does not know CloudAPI says the same as of a key, or of a signature that does not fit. */
function strange(subject: string, {detail}: Finding): Finding {
  return {
    check: 'identity',
    subject,
    outcome: 'failed',
    detail,
    remedy:
      'Check the account and the key of the profile, and that the key is registered with that account or sub-user ("triton key list").',
  }
}

/** CloudAPI calls the header invalid then, or the credentials: only the date of its answer tells the reason. */
function wrongClock(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  return {
    check: 'clock',
    subject: 'CloudAPI',
    outcome: 'failed',
    detail: `This machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} CloudAPI's, which refuses signatures more than ${MAX_SKEW_MS / 1_000} s off.`,
    remedy: 'Set the clock of this machine, best by NTP ("timedatectl set-ntp true").',
  }
}

const asMcdError = (error: unknown): McdError =>
  error instanceof McdError ? error : new McdError(String(error))
