import type {CloudapiAction} from './action-names.ts'
import type {CallContext} from './call-context.ts'
import {checkName} from './create.ts'
import {checkNameFree} from './find.ts'
import {type Params, text} from './listing.ts'
import type {Machine} from './model.ts'
import {invalidArgument, missingParameter, validationFailed} from './refusal.ts'

const ACTIONS: Record<string, CloudapiAction> = {
  start: 'StartMachine',
  stop: 'StopMachine',
  reboot: 'RebootMachine',
  rename: 'RenameMachine',
  resize: 'ResizeMachine',
  enable_firewall: 'EnableMachineFirewall',
  disable_firewall: 'DisableMachineFirewall',
  enable_deletion_protection: 'EnableMachineDeletionProtection',
  disable_deletion_protection: 'DisableMachineDeletionProtection',
}

/** CloudAPI names its calls after the action. */
export const actionName = (action: string | undefined): CloudapiAction =>
  ACTIONS[action ?? ''] ?? 'UpdateMachine'

/** Accepts an action; a job carries it out later. */
export function applyAction(
  context: CallContext,
  machine: Machine,
  action: string | undefined,
  params: Params,
): void {
  const {machines, stock} = context.dc
  const change = (apply: () => void) => machines.change(machine, action ?? '', context.caller, apply)
  switch (action) {
    case 'start':
      needState(machine, action, ['stopped'])
      machines.start(machine, context.caller)
      break
    case 'stop':
    case 'reboot':
      needState(machine, action, ['running', 'ready', 'offline', 'unknown'])
      machines.powerOff(machine, action === 'stop' ? 'stopped' : 'reboot', context.caller)
      break
    case 'rename': {
      const name = text(params.name)
      if (!name) throw missingParameter('name is a required argument')
      checkNameFree(context, checkName(name, context.account.cnsEnabled), machine)
      change(() => {
        machine.name = name
      })
      break
    }
    case 'resize': {
      const wanted = text(params.package)
      const pkg = stock.packages.find(({id, name}) => id === wanted || name === wanted)
      if (!pkg) throw invalidArgument(`${wanted} is not a valid package`)
      change(() => {
        machine.package = pkg
      })
      break
    }
    case 'enable_firewall':
    case 'disable_firewall':
      change(() => {
        machine.firewallEnabled = action === 'enable_firewall'
      })
      break
    case 'enable_deletion_protection':
    case 'disable_deletion_protection':
      change(() => {
        machine.deletionProtection = action === 'enable_deletion_protection'
      })
      break
    case undefined:
      throw missingParameter('action is a required argument')
    default:
      throw invalidArgument(`${action} is not a valid action`)
  }
}

function needState(machine: Machine, action: string, states: Machine['state'][]): void {
  if (states.includes(machine.state)) return
  throw validationFailed(`Cannot ${action} a VM from '${machine.state}' state`, [
    {field: 'state', code: 'Invalid', message: `must be ${states[0]}`},
  ])
}
