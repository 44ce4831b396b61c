import type {McdError} from '../../../errors.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import type {Client} from '../client.ts'
import type {ApiRole} from '../shapes.ts'
import type {Entered} from './access.ts'
import {judge} from './rules.ts'
import {allowing, ask, type Caller} from './told.ts'

/**
 * Whether what mcd changes may be changed. CloudAPI has no dry run. CreateMachine can be asked for with what cannot be made. All
 * other calls are about a thing, and CloudAPI looks for that before it looks at permissions, so that nothing absent can be tried:
 * of a sub-user the rules of its roles are read instead, and the account itself may do everything (lib/app.js and lib/auth.js of
 * sdc-cloudapi).
 */
export async function examineWrites({client, caller}: Entered, needs: ComputeNeeds): Promise<Finding[]> {
  const {finding} = await ask('CreateMachine', caller, client.tryCreateMachine)
  const others = callsOf(needs)
  if (caller.guest === undefined) {
    const detail = `${caller.account} is the account itself, which may make every call.`
    return [
      finding,
      ...others.map(subject => ({check: 'permission' as const, subject, outcome: 'ok' as const, detail})),
    ]
  }
  const granted = await rulesOf(client, caller)
  return [finding, ...others.map(call => judged(call, caller, granted))]
}

function callsOf({groups}: ComputeNeeds): string[] {
  const protects = groups.some(({wish}) => wish.deletionProtection)
  const opens = groups.some(({wish}) => wish.open.length > 0)
  return [
    'GetMachine',
    'DeleteMachine',
    ...(protects ? ['DisableMachineDeletionProtection'] : []),
    ...(opens ? ['CreateFirewallRule', 'UpdateFirewallRule', 'DeleteFirewallRule'] : []),
  ]
}

/** CloudAPI asks its rules for an action that it has no name for by the action's own (lib/app.js). */
const ALSO_KNOWN_AS: Readonly<Record<string, readonly string[]>> = {
  DisableMachineDeletionProtection: ['disable_deletion_protectionmachine'],
}

type Granted =
  | {readonly roles: readonly string[]; readonly rules: readonly string[]}
  | {readonly error: McdError}

/** The rules of every role that counts for the caller. */
async function rulesOf(client: Client, caller: Caller): Promise<Granted> {
  const [roles, policies] = await Promise.all([
    ask('ListRoles', caller, client.listRoles),
    ask('ListPolicies', caller, client.listPolicies),
  ])
  const error = roles.error ?? policies.error
  if (error) return {error}
  const active = (roles.value ?? []).filter(role => isActive(role, caller))
  const names = active.flatMap(({policies = []}) => policies.map(nameOf))
  return {
    roles: active.map(({name}) => name),
    rules: (policies.value ?? []).filter(({name}) => names.includes(name)).flatMap(({rules = []}) => rules),
  }
}

function isActive({name, members = [], default_members = []}: ApiRole, {guest = '', roles}: Caller): boolean {
  if (roles) return roles.includes(name)
  return (
    default_members.includes(guest) ||
    members.some(member => typeof member !== 'string' && member.login === guest && member.default)
  )
}

const nameOf = (policy: string | {readonly name?: string}): string =>
  typeof policy === 'string' ? policy : (policy.name ?? '')

/** Everything, by a role that has no policies (lib/do_rbac/do_roles.js of node-triton). */
const ADMINISTRATOR = 'administrator'

function judged(call: string, caller: Caller, granted: Granted): Finding {
  const about = {check: 'permission' as const, subject: call}
  if ('error' in granted) {
    const why = `CloudAPI has no dry run, and the rules for ${caller.guest} cannot be read: ${granted.error.message}`
    return {...about, outcome: 'unknown', detail: why}
  }
  const {roles, rules} = granted
  const theirs = `the roles of ${caller.guest} (${roles.join(', ') || 'none by default'})`
  if (roles.includes(ADMINISTRATOR))
    return {...about, outcome: 'ok', detail: `The role ${ADMINISTRATOR} may make every call.`}
  switch (judge(rules, [call.toLowerCase(), ...(ALSO_KNOWN_AS[call] ?? [])])) {
    case 'always':
      return {...about, outcome: 'ok', detail: `A rule of ${theirs} allows it.`}
    case 'sometimes':
      return {...about, outcome: 'unknown', detail: `A rule of ${theirs} allows it under a condition.`}
    case 'never':
      return {
        ...about,
        outcome: 'failed',
        detail: `No rule of ${theirs} allows it.`,
        remedy: allowing(call, caller),
      }
  }
}
