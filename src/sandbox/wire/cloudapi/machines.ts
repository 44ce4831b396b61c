import {created, empty, ok, type Route} from './route.ts'

/** Instances, with their tags and metadata. */
export const MACHINE_ROUTES: readonly Route[] = [
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
]
