import {VendorError} from '../world/vendor-error.ts'
import {RBAC_ROUTES} from './cloudapi/rbac.ts'
import {type Answer, created, empty, ok, type Route} from './cloudapi/route.ts'

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

  {
    method: 'GET',
    path: 'machines',
    action: 'ListMachines',
    serve: ({session, params}) => {
      const {machines, limit} = session.machines.list(params)
      // The number of rows in this answer, not a total.
      return {
        ...ok(machines),
        headers: {'x-resource-count': String(machines.length), 'x-query-limit': String(limit)},
      }
    },
  },
  {
    method: 'POST',
    path: 'machines',
    action: 'CreateMachine',
    serve: ({session, params, login}) => {
      const machine = session.machines.create(params)
      return created(machine, `/${login}/machines/${machine.id}`)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id',
    action: 'GetMachine',
    serve: ({session, parts: [id = '']}) => {
      const {status, machine} = session.machines.get(id)
      return {status, body: machine}
    },
  },
  {
    method: 'POST',
    path: 'machines/:id',
    action: 'UpdateMachine',
    serve: ({session, params, parts: [id = '']}) => {
      session.machines.act(id, params)
      return empty(202)
    },
  },
  {
    method: 'DELETE',
    path: 'machines/:id',
    action: 'DeleteMachine',
    serve: ({session, parts: [id = '']}) => {
      const answer = session.machines.delete(id)
      return answer.status === 410 ? {status: 410, body: answer.machine} : empty(204)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id/audit',
    action: 'GetAudit',
    serve: ({session, parts: [id = '']}) => ok(session.machines.getAudit(id)),
  },
  {
    method: 'GET',
    path: 'machines/:id/nics',
    action: 'ListNics',
    serve: ({session, parts: [id = '']}) => ok(session.machines.listNics(id)),
  },
  {
    method: 'GET',
    path: 'machines/:id/tags',
    action: 'ListMachineTags',
    serve: ({session, parts: [id = '']}) => ok(session.machines.getTags(id)),
  },
  {
    method: 'POST',
    path: 'machines/:id/tags',
    action: 'AddMachineTags',
    serve: ({session, fields, parts: [id = '']}) => ok(session.machines.setTags(id, fields, 'merge')),
  },
  {
    method: 'PUT',
    path: 'machines/:id/tags',
    action: 'ReplaceMachineTags',
    serve: ({session, fields, parts: [id = '']}) => ok(session.machines.setTags(id, fields, 'replace')),
  },
  {
    method: 'DELETE',
    path: 'machines/:id/tags',
    action: 'DeleteMachineTags',
    serve: ({session, parts: [id = '']}) => {
      session.machines.deleteTags(id)
      return empty(204)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id/tags/:key',
    action: 'GetMachineTag',
    serve: ({session, parts: [id = '', key = '']}) => ok(session.machines.getTag(id, key)),
  },
  {
    method: 'DELETE',
    path: 'machines/:id/tags/:key',
    action: 'DeleteMachineTag',
    serve: ({session, parts: [id = '', key]}) => {
      session.machines.deleteTags(id, key)
      return empty(204)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id/metadata',
    action: 'ListMetadata',
    serve: ({session, parts: [id = '']}) => ok(session.machines.getMetadata(id)),
  },
  {
    method: 'POST',
    path: 'machines/:id/metadata',
    action: 'AddMetadata',
    serve: ({session, fields, parts: [id = '']}) => ok(session.machines.addMetadata(id, fields)),
  },
  {
    method: 'DELETE',
    path: 'machines/:id/metadata',
    action: 'DeleteAllMetadata',
    serve: ({session, parts: [id = '']}) => {
      session.machines.deleteMetadata(id)
      return empty(204)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id/metadata/:key',
    action: 'GetMetadata',
    serve: ({session, parts: [id = '', key = '']}) => ok(session.machines.getMetadataKey(id, key)),
  },
  {
    method: 'DELETE',
    path: 'machines/:id/metadata/:key',
    action: 'DeleteMetadata',
    serve: ({session, parts: [id = '', key]}) => {
      session.machines.deleteMetadata(id, key)
      return empty(204)
    },
  },
  {
    method: 'GET',
    path: 'machines/:id/fwrules',
    action: 'ListMachineFirewallRules',
    serve: ({session, parts: [id = '']}) => ok(session.firewall.ofMachine(id)),
  },

  {
    method: 'GET',
    path: 'fwrules',
    action: 'ListFirewallRules',
    serve: ({session}) => ok(session.firewall.list()),
  },
  {
    method: 'POST',
    path: 'fwrules',
    action: 'CreateFirewallRule',
    serve: ({session, params, login}) => {
      const rule = session.firewall.create(params)
      return created(rule, `/${login}/fwrules/${rule.id}`)
    },
  },
  {
    method: 'GET',
    path: 'fwrules/:id',
    action: 'GetFirewallRule',
    serve: ({session, parts: [id = '']}) => ok(session.firewall.get(id)),
  },
  {
    method: 'POST',
    path: 'fwrules/:id',
    action: 'UpdateFirewallRule',
    serve: ({session, params, parts: [id = '']}) => ok(session.firewall.update(id, params)),
  },
  {
    method: 'DELETE',
    path: 'fwrules/:id',
    action: 'DeleteFirewallRule',
    serve: ({session, parts: [id = '']}) => {
      session.firewall.delete(id)
      return empty(204)
    },
  },
  {
    method: 'POST',
    path: 'fwrules/:id/enable',
    action: 'EnableFirewallRule',
    serve: ({session, parts: [id = '']}) => ok(session.firewall.enable(id, true)),
  },
  {
    method: 'POST',
    path: 'fwrules/:id/disable',
    action: 'DisableFirewallRule',
    serve: ({session, parts: [id = '']}) => ok(session.firewall.enable(id, false)),
  },
  {
    method: 'GET',
    path: 'fwrules/:id/machines',
    action: 'ListFirewallRuleMachines',
    serve: ({session, parts: [id = '']}) => ok(session.firewall.machinesOf(id)),
  },

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
