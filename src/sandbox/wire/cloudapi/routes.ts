import {VendorError} from '../../world/vendor-error.ts'
import {FIREWALL_ROUTES} from './firewall.ts'
import {MACHINE_ROUTES} from './machines.ts'
import {RBAC_ROUTES} from './rbac.ts'
import {type Answer, created, empty, ok, type Route} from './route.ts'

/** CloudAPI 9 as far as the sandbox speaks it. */
const ROUTES: readonly Route[] = [
  {method: 'GET', path: '', action: 'GetAccount', serve: ({session}) => ok(session.getAccount())},

  {method: 'GET', path: 'keys', action: 'ListKeys', serve: ({session}) => ok(session.listKeys())},
  {
    method: 'POST',
    path: 'keys',
    action: 'CreateKey',
    serve: ({session, params, login}) => {
      const key = session.createKey(params)
      return created(key, `/${login}/keys/${encodeURIComponent(key.fingerprint)}`)
    },
  },
  {
    method: 'GET',
    path: 'keys/:name',
    action: 'GetKey',
    serve: ({session, parts: [name = '']}) => ok(session.getKey(name)),
  },
  {
    method: 'DELETE',
    path: 'keys/:name',
    action: 'DeleteKey',
    serve: ({session, parts: [name = '']}) => {
      session.deleteKey(name)
      return empty(204)
    },
  },

  ...RBAC_ROUTES,

  {
    method: 'GET',
    path: 'images',
    action: 'ListImages',
    serve: ({session, params}) => ok(session.listImages(params)),
  },
  {
    method: 'GET',
    path: 'images/:id',
    action: 'GetImage',
    serve: ({session, parts: [id = '']}) => ok(session.getImage(id)),
  },
  {
    method: 'GET',
    path: 'packages',
    action: 'ListPackages',
    serve: ({session, params}) => ok(session.listPackages(params)),
  },
  {
    method: 'GET',
    path: 'packages/:id',
    action: 'GetPackage',
    serve: ({session, parts: [id = '']}) => ok(session.getPackage(id)),
  },
  {method: 'GET', path: 'networks', action: 'ListNetworks', serve: ({session}) => ok(session.listNetworks())},
  {
    method: 'GET',
    path: 'networks/:id',
    action: 'GetNetwork',
    serve: ({session, parts: [id = '']}) => ok(session.getNetwork(id)),
  },

  ...MACHINE_ROUTES,
  ...FIREWALL_ROUTES,

  {
    method: 'GET',
    path: 'datacenters',
    action: 'ListDatacenters',
    serve: ({session, url}) => ok(session.listDatacenters(url)),
  },
  {
    method: 'GET',
    path: 'limits',
    action: 'ListProvisioningLimits',
    serve: ({session}) => ok(session.listLimits()),
  },
]

/** The call that a method and a path without its login name, with the path's variable parts. */
export function findRoute(
  method: string,
  rest: readonly string[],
): {route?: Route; parts: string[]; otherMethods: string[]} {
  const otherMethods: string[] = []
  for (const route of ROUTES) {
    const pattern = route.path === '' ? [] : route.path.split('/')
    if (pattern.length !== rest.length) continue
    if (!pattern.every((part, index) => part.startsWith(':') || part === rest[index])) continue
    if (route.method === (method === 'HEAD' ? 'GET' : method))
      return {route, parts: rest.filter((_part, index) => pattern[index]?.startsWith(':')), otherMethods}
    otherMethods.push(route.method)
  }
  return {parts: [], otherMethods}
}

/** A refusal as CloudAPI answers it. */
export function refusal(error: unknown): Answer {
  // Whatever is not the world's own refusal is a defect behind the wire, as CloudAPI shows its own.
  if (!(error instanceof VendorError))
    return {
      status: 500,
      body: {code: 'InternalError', message: error instanceof Error ? error.message : String(error)},
    }
  return {
    status: error.status,
    body: {code: error.code, message: error.message, ...error.detail},
    headers: error.headers,
  }
}
