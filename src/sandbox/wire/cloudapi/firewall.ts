import {created, empty, ok, type Route} from './route.ts'

/** Firewall rules. Which of them hold for an instance is asked of the instance. */
export const FIREWALL_ROUTES: readonly Route[] = [
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
]
