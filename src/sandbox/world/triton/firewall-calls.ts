import type {CallContext} from './call-context.ts'
import {findMachine} from './find.ts'
import {isTrue, type Params, text} from './listing.ts'
import {uuid} from './machines.ts'
import type {FirewallRule, Machine, MachineView} from './model.ts'
import {missingParameter, notFound} from './refusal.ts'
import {formatRule, parseRule, selects} from './rule.ts'
import {viewMachine} from './view.ts'

/** The calls on an account's firewall rules. */
export class FirewallCalls {
  readonly #context: CallContext

  constructor(context: CallContext) {
    this.#context = context
  }

  list(): FirewallRule[] {
    return this.#context.call('ListFirewallRules', () =>
      [...this.#context.account.rules.values()].map(rule => ({...rule})),
    )
  }

  ofMachine(id: string): FirewallRule[] {
    return this.#context.call('ListMachineFirewallRules', () => {
      const machine = findMachine(this.#context, id)
      return [...this.#context.account.rules.values()].filter(({rule}) => concerns(rule, machine))
    })
  }

  machinesOf(ruleId: string): MachineView[] {
    return this.#context.call('ListFirewallRuleMachines', () => {
      const {rule} = this.#rule(ruleId)
      const alive = this.#context.dc.machines
        .ofAccount(this.#context.account.login)
        .filter(({goneMs}) => goneMs === undefined)
      return alive.filter(machine => concerns(rule, machine)).map(viewMachine)
    })
  }

  get(id: string): FirewallRule {
    return this.#context.call('GetFirewallRule', () => ({...this.#rule(id)}))
  }

  create(params: Params): FirewallRule {
    return this.#context.call('CreateFirewallRule', effect => {
      const rule: FirewallRule = {
        id: uuid(this.#context.dc.core.random),
        rule: ruleText(params),
        enabled: isTrue(params.enabled),
        ...(params.description === undefined ? {} : {description: String(params.description)}),
      }
      this.#context.account.rules.set(rule.id, rule)
      effect(`create firewall rule ${rule.id}`)
      return {...rule}
    })
  }

  update(id: string, params: Params): FirewallRule {
    return this.#context.call('UpdateFirewallRule', effect => {
      const rule = this.#rule(id)
      rule.rule = ruleText(params)
      if (params.enabled !== undefined) rule.enabled = isTrue(params.enabled)
      if (params.description !== undefined) rule.description = String(params.description)
      effect(`update firewall rule ${id}`)
      return {...rule}
    })
  }

  enable(id: string, enabled: boolean): FirewallRule {
    return this.#context.call(enabled ? 'EnableFirewallRule' : 'DisableFirewallRule', effect => {
      const rule = this.#rule(id)
      rule.enabled = enabled
      effect(`${enabled ? 'enable' : 'disable'} firewall rule ${id}`)
      return {...rule}
    })
  }

  delete(id: string): void {
    this.#context.call('DeleteFirewallRule', effect => {
      this.#context.account.rules.delete(this.#rule(id).id)
      effect(`delete firewall rule ${id}`)
    })
  }

  #rule(id: string): FirewallRule {
    const rule = this.#context.account.rules.get(id)
    if (!rule) throw notFound(`rule ${id} not found`)
    return rule
  }
}

function ruleText(params: Params): string {
  const rule = text(params.rule)
  if (!rule) throw missingParameter('rule is a required argument')
  return formatRule(parseRule(rule))
}

function concerns(rule: string, machine: Machine): boolean {
  const {from, to} = parseRule(rule)
  return selects(from, machine) || selects(to, machine)
}
