import {named} from './actions/instances.ts'
import type {ActionName, RequestOf} from './actions.ts'
import {ec2Error} from './errors.ts'
import {checkedLaunch} from './launch.ts'
import {findGroup} from './network.ts'
import type {Region} from './region.ts'

type Checks = {readonly [A in ActionName]?: (region: Region, request: RequestOf<A>) => unknown}

const byIds = (region: Region, {instanceIds}: {readonly instanceIds?: readonly string[] | undefined}) =>
  named(region, instanceIds)
const byId = (region: Region, {instanceId}: {readonly instanceId?: string | undefined}) =>
  named(region, instanceId === undefined ? [] : [instanceId])

/** What a request names must be there; whether there is room or quota for it is not looked at. */
const CHECKS: Checks = {
  RunInstances: checkedLaunch,
  TerminateInstances: byIds,
  StopInstances: byIds,
  StartInstances: byIds,
  RebootInstances: byIds,
  ModifyInstanceAttribute: byId,
  GetConsoleOutput: byId,
  AuthorizeSecurityGroupIngress: findGroup,
  RevokeSecurityGroupIngress: findGroup,
  DeleteSecurityGroup: findGroup,
}

/**
 * Every request with DryRun ends in an error. The permission was looked at before; users report that malformed and unknown ids
 * are refused as without DryRun, and the documentation says no more than "DryRunOperation".
 */
export function answerToDryRun<A extends ActionName>(region: Region, action: A, request: RequestOf<A>) {
  const check = CHECKS[action] as Checks[A]
  check?.(region, request)
  return ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.')
}
