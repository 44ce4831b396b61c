import {stableId} from './catalogue.ts'
import {isTrue, type Params, text} from './listing.ts'
import type {Policy, Role, RoleMember, User} from './model.ts'
import {invalidArgument, missingParameter} from './refusal.ts'

/** Whoever has it may do everything; it has no policies (lib/roles.js of sdc-cloudapi). */
const ADMINISTRATOR = 'administrator'
/** Of the policy language no conditions, resources or patterns: a rule that needs them is refused rather than misread. */
const RULE = /^\s*can\s+((?:\*|[a-z_]+)(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)(?:\*|[a-z_]+))*)\s*$/i

/**
 * Role-based access control of one account: its sub-users may do what the policies of their roles say, and nothing else. Of
 * role tags nothing is kept here: everything counts as tagged with every role. Source: CloudAPI reference, "Access Control".
 */
export class Rbac {
  readonly #account: string
  readonly #users = new Map<string, User>()
  readonly #roles = new Map<string, Role>()
  readonly #policies = new Map<string, Policy>()

  constructor(account: string) {
    this.#account = account
  }

  get users(): User[] {
    return [...this.#users.values()]
  }
  get roles(): Role[] {
    return [...this.#roles.values()]
  }
  get policies(): Policy[] {
    return [...this.#policies.values()]
  }

  /** By login or id. */
  user(name: string): User | undefined {
    return this.users.find(({id, login}) => login === name || id === name)
  }

  addUser(params: Params): User {
    const login = needed(params, 'login')
    if (this.#users.has(login)) throw invalidArgument(`${login} already exists`)
    const user = {id: stableId(`user ${this.#account}/${login}`), login, email: needed(params, 'email')}
    this.#users.set(login, user)
    return user
  }

  addPolicy(params: Params): Policy {
    const name = needed(params, 'name')
    const rules = Array.isArray(params.rules) ? params.rules.map(String) : []
    if (rules.length === 0) throw missingParameter('Request is missing required parameter: rules')
    for (const rule of rules)
      if (!RULE.test(rule)) throw invalidArgument(`the sandbox takes no rule such as "${rule}"`)
    const policy = {
      id: stableId(`policy ${this.#account}/${name}`),
      name,
      rules,
      description: text(params.description) ?? '',
    }
    this.#policies.set(name, policy)
    return policy
  }

  /** Members are `{login, default}` and policies `{name}`, as CloudAPI 9 has them; an id does in place of either name. */
  addRole(params: Params): Role {
    const name = needed(params, 'name')
    const role: Role = {
      id: stableId(`role ${this.#account}/${name}`),
      name,
      members: objects(params.members).map(member => this.#member(member)),
      policies: objects(params.policies).map(policy => this.#policy(policy)),
    }
    this.#roles.set(name, role)
    return role
  }

  /** Whether a sub-user may make this call, with the roles that it asks for or those it has by default. */
  allows(login: string, asked: readonly string[], action: string): boolean {
    const active = this.roles.filter(({name, members}) =>
      members.some(
        member => member.login === login && (asked.length > 0 ? asked.includes(name) : member.default),
      ),
    )
    return active.some(
      ({name, policies}) =>
        name === ADMINISTRATOR ||
        policies.some(policy => this.#policies.get(policy.name)?.rules.some(rule => grants(rule, action))),
    )
  }

  #member(given: Params): RoleMember {
    const user = this.user(String(given.login ?? given.id))
    if (!user) throw invalidArgument(`Invalid user ${given.login ?? given.id}`)
    return {type: 'subuser', id: user.id, login: user.login, default: isTrue(given.default)}
  }

  #policy(given: Params): Role['policies'][number] {
    const policy = this.policies.find(({id, name}) => name === given.name || id === given.id)
    if (!policy) throw invalidArgument(`Invalid policy ${given.name ?? given.id}`)
    return {id: policy.id, name: policy.name}
  }
}

/** Names count letter by letter; CloudAPI's are in small letters. */
function grants(rule: string, action: string): boolean {
  const names =
    RULE.exec(rule)?.[1]
      ?.split(/[\s,]+/)
      .filter(word => !/^and$/i.test(word)) ?? []
  return names.includes('*') || names.includes(action.toLowerCase())
}

function needed(params: Params, field: string): string {
  const value = text(params[field])
  if (!value) throw missingParameter(`Request is missing required parameter: ${field}`)
  return value
}

function objects(given: unknown = []): Params[] {
  const isObject = (item: unknown): item is Params => typeof item === 'object' && item !== null
  if (!Array.isArray(given) || !given.every(isObject))
    throw invalidArgument('an array of objects is expected')
  return given
}
