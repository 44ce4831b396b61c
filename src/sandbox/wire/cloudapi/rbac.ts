import {created, ok, type Route} from './route.ts'

/** Sub-users, their keys, and the roles and policies that say what they may do. */
export const RBAC_ROUTES: readonly Route[] = [
  {method: 'GET', path: 'users', action: 'ListUsers', serve: ({session}) => ok(session.rbac.listUsers())},
  {
    method: 'POST',
    path: 'users',
    action: 'CreateUser',
    serve: ({session, params, login}) => {
      const user = session.rbac.createUser(params)
      return created(user, `/${login}/users/${user.id}`)
    },
  },
  {
    method: 'GET',
    path: 'users/:user',
    action: 'GetUser',
    serve: ({session, parts: [user = '']}) => ok(session.rbac.getUser(user)),
  },
  {
    method: 'GET',
    path: 'users/:user/keys',
    action: 'ListUserKeys',
    serve: ({session, parts: [user = '']}) => ok(session.rbac.listUserKeys(user)),
  },
  {
    method: 'POST',
    path: 'users/:user/keys',
    action: 'CreateUserKey',
    serve: ({session, params, login, parts: [user = '']}) => {
      const key = session.rbac.createUserKey(user, params)
      return created(key, `/${login}/users/${user}/keys/${encodeURIComponent(key.fingerprint)}`)
    },
  },
  {method: 'GET', path: 'roles', action: 'ListRoles', serve: ({session}) => ok(session.rbac.listRoles())},
  {
    method: 'POST',
    path: 'roles',
    action: 'CreateRole',
    serve: ({session, params, login}) => {
      const role = session.rbac.createRole(params)
      return created(role, `/${login}/roles/${role.id}`)
    },
  },
  {
    method: 'GET',
    path: 'policies',
    action: 'ListPolicies',
    serve: ({session}) => ok(session.rbac.listPolicies()),
  },
  {
    method: 'POST',
    path: 'policies',
    action: 'CreatePolicy',
    serve: ({session, params, login}) => {
      const policy = session.rbac.createPolicy(params)
      return created(policy, `/${login}/policies/${policy.id}`)
    },
  },
]
