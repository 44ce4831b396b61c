import {AuthError, McdError, UnreachableError} from '../../../errors.ts'
import type {Finding} from '../../examine.ts'
import type {ApiAccount} from '../api.ts'
import type {Client} from '../client.ts'
import {connect, datacenterName, type JoyentComputeOptions} from '../connect.ts'
import {loadProfile, type TritonProfile} from '../profile.ts'
import {loadSigner} from '../sign.ts'
import {told, unreached} from './told.ts'

/** Who calls, as far as what it may do depends on it. */
export type Caller = {
  /** Login of the account that the calls are about. */
  readonly account: string
  /** The caller's login where it is another: a sub-user, or an account that acts for this one. The account itself may do everything. */
  readonly guest?: string
  /** Roles that it takes on; without, those it has by default. */
  readonly roles?: readonly string[]
}

export type Access = {
  readonly findings: Finding[]
  /** Absent: nothing more can be asked. */
  readonly entered?: {readonly client: Client; readonly caller: Caller}
}

/** How far a request's date may lie from the cloud's (CloudAPI reference, "Authorization"). */
const MAX_SKEW_MS = 300_000

/** The way in, step by step: the profile, the key that it names, and whether CloudAPI knows both. */
export async function examineAccess(options: JoyentComputeOptions): Promise<Access> {
  const {place, runtime} = options
  let profile: TritonProfile
  try {
    profile = options.profile ?? loadProfile(place)
  } catch (error) {
    return {findings: [refused('settings', `profile ${place.profile ?? '(from the environment)'}`, error)]}
  }
  const findings: Finding[] = [
    {
      check: 'settings',
      subject: `profile ${profile.name}`,
      outcome: 'ok',
      detail: `Account ${profile.account} at ${place.endpoint ?? profile.url}.`,
    },
  ]
  const key = `signing key ${profile.keyId}`
  let aheadMs = 0
  let way: Awaited<ReturnType<typeof connect>>
  try {
    const signer = options.signer ?? (await loadSigner({profile, runtime, ...ownKey(options)}))
    way = await connect({...options, profile, signer}, ({dateMs}) => {
      if (dateMs !== undefined) aheadMs = runtime.now() - dateMs
    })
  } catch (error) {
    return {findings: [...findings, refused('key', key, error)]}
  }
  const caller = callerOf(profile)
  const known: Finding = {
    check: 'key',
    subject: key,
    outcome: 'ok',
    detail: `It signs for ${caller.guest ?? profile.account}.`,
  }
  try {
    const account = await way.client.getAccount()
    const centre = await nameOf(way)
    const entered = {client: way.client, caller}
    return {findings: [...findings, known, identity(place.key, account, caller, centre)], entered}
  } catch (error) {
    if (Math.abs(aheadMs) > MAX_SKEW_MS) return {findings: [...findings, wrongClock(aheadMs)]}
    if (error instanceof UnreachableError) return {findings: [...findings, unreached(place.key, error)]}
    // A sub-user may be known, and yet not be let look at the account: the calls that follow tell what else it lacks.
    if (caller.guest !== undefined && isForbidden(error))
      return {
        findings: [...findings, known, told('GetAccount', caller, error)],
        entered: {client: way.client, caller},
      }
    return {findings: [...findings, refused('identity', place.key, error)]}
  }
}

const ownKey = ({key}: JoyentComputeOptions) => (key ? {key} : {})

function callerOf({account, user, roles, actAsAccount}: TritonProfile): Caller {
  const guest = user ?? (actAsAccount !== undefined && actAsAccount !== account ? account : undefined)
  return {
    account: actAsAccount ?? account,
    ...(guest !== undefined && {guest}),
    ...(roles?.length && {roles}),
  }
}

/** undefined where it may not be asked: that is told with the other reads. */
async function nameOf({client, url}: Awaited<ReturnType<typeof connect>>): Promise<string | undefined> {
  try {
    return datacenterName(await client.listDatacenters(), url)
  } catch {
    return undefined
  }
}

function identity(subject: string, account: ApiAccount, caller: Caller, centre: string | undefined): Finding {
  const {guest, roles} = caller
  const where = centre === undefined ? '' : ` in ${centre}`
  const as =
    guest === undefined ? '' : `, used by ${guest}${roles ? ` with the roles ${roles.join(', ')}` : ''}`
  return {
    check: 'identity',
    subject,
    outcome: 'ok',
    detail: `Account ${account.login} (${account.id})${where}${as}.`,
  }
}

/** CloudAPI says of it that the header is invalid, or the credentials: only the date of its answer tells the reason. */
function wrongClock(aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  return {
    check: 'clock',
    subject: 'CloudAPI',
    outcome: 'failed',
    detail: `This machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} CloudAPI's, which refuses signatures that are more than 300 s off.`,
    remedy: 'Set the clock of this machine, best by NTP ("timedatectl set-ntp true").',
  }
}

const isForbidden = (error: unknown): boolean =>
  error instanceof AuthError && error.message.includes('NotAuthorized')

function refused(check: Finding['check'], subject: string, error: unknown): Finding {
  const {message, suggestions = []} = error instanceof McdError ? error : new McdError(String(error))
  return {
    check,
    subject,
    outcome: 'failed',
    detail: message,
    remedy: suggestions[0] ?? 'Check the profile of this place ("triton profile list").',
  }
}
