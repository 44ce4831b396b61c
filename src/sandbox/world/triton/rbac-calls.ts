import type {CallContext} from './call-context.ts'
import {type Params, text} from './listing.ts'
import type {Policy, Role, SshKey, User} from './model.ts'
import {missingParameter, notFound} from './refusal.ts'

/** The calls on sub-users, their keys, roles and policies. */
export class RbacCalls {
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
  }

  listUsers(): User[] {
    return this.#context.call('ListUsers', () => this.#rbac.users)
  }

  getUser(name: string): User {
    return this.#context.call('GetUser', () => this.#find(name))
  }

  createUser(params: Params): User {
    return this.#context.call('CreateUser', effect => {
      const user = this.#rbac.addUser(params)
      effect(`create user ${user.login}`)
      return user
    })
  }

  listUserKeys(name: string): SshKey[] {
    return this.#context.call('ListUserKeys', () => this.#context.account.keysOf(this.#find(name).login))
  }

  createUserKey(name: string, params: Params): SshKey {
    return this.#context.call('CreateUserKey', effect => {
      const key = text(params.key)
      if (!key) throw missingParameter('key is a required argument')
      const {login} = this.#find(name)
      const created = this.#context.account.addKey(key, {name: text(params.name), user: login})
      effect(`create key ${created.name} of user ${login}`)
      return created
    })
  }

  listRoles(): Role[] {
    return this.#context.call('ListRoles', () => this.#rbac.roles)
  }

  createRole(params: Params): Role {
    return this.#context.call('CreateRole', effect => {
      const role = this.#rbac.addRole(params)
      effect(`create role ${role.name}`)
      return role
    })
  }

  listPolicies(): Policy[] {
    return this.#context.call('ListPolicies', () => this.#rbac.policies)
  }

  createPolicy(params: Params): Policy {
    return this.#context.call('CreatePolicy', effect => {
      const policy = this.#rbac.addPolicy(params)
      effect(`create policy ${policy.name}`)
      return policy
    })
  }

  get #rbac() {
    return this.#context.account.rbac
  }

  #find(name: string): User {
    const user = this.#rbac.user(name)
    if (!user) throw notFound(`${name} does not exist`)
    return user
  }
}
