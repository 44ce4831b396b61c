import type {Instance, NetworkPiece, Place} from '../../compute.ts'
import type {ComputeNeeds, Finding} from '../../examine.ts'
import type {AwsApi} from '../api.ts'
import {groupTags, toPermission, toTags} from '../convert.ts'
import {describeWish, securityGroupName, vpcOf} from '../network.ts'
import {tryOut} from './verdict.ts'

/** What of this fleet is there already. */
export type Ours = {readonly instances: readonly Instance[]; readonly ingress: readonly NetworkPiece[]}

/** Whether what lives could be ended, and ingress made, changed and removed: by dry runs. */
export async function examineChanges(
  api: AwsApi,
  place: Place,
  needs: ComputeNeeds,
  {instances, ingress}: Ours,
): Promise<Finding[]> {
  if (place.compatible) return []
  const [own] = needs.groups.filter(({wish}) => wish.securityGroups.length === 0 && wish.open.length > 0)
  return [
    ...(await examineEnding(api, instances)),
    ...(own ? [await examineMaking(api, needs, own), ...(await examineIngress(api, ingress))] : []),
  ]
}

const ENDING = ['TerminateInstances', 'ModifyInstanceAttribute', 'GetConsoleOutput'] as const

/** Policies allow ending by the mark of an instance: without one that bears it there is nothing to ask about. */
async function examineEnding(api: AwsApi, instances: readonly Instance[]): Promise<Finding[]> {
  const one = instances.find(({state}) => state !== 'gone')
  if (!one) return ENDING.map(call => untold(`ec2:${call}`, 'an instance'))
  const allowed = `Allowed, as far as ${one.id} tells.`
  return Promise.all([
    tryOut({action: 'ec2:TerminateInstances', allowed}, () =>
      api('TerminateInstances', {InstanceIds: [one.id], DryRun: true}),
    ),
    tryOut({action: 'ec2:ModifyInstanceAttribute', allowed}, () =>
      api('ModifyInstanceAttribute', {
        InstanceId: one.id,
        DisableApiTermination: {Value: false},
        DryRun: true,
      }),
    ),
    tryOut(
      {
        action: 'ec2:GetConsoleOutput',
        allowed,
        lack: {outcome: 'warning', because: 'a boot that fails could not be explained.'},
      },
      () => api('GetConsoleOutput', {InstanceId: one.id, DryRun: true}),
    ),
  ])
}

async function examineMaking(
  api: AwsApi,
  {fleet, dns}: ComputeNeeds,
  {name: group, wish: {open, subnets}}: ComputeNeeds['groups'][number],
): Promise<Finding> {
  const wish = {fleet, dns, group, open}
  const action = 'ec2:CreateSecurityGroup'
  const allowed = 'Allowed, with the mark on what is made.'
  const VpcId = await vpcOf(api, subnets)
  return tryOut({action, allowed}, () =>
    api('CreateSecurityGroup', {
      GroupName: securityGroupName(wish),
      Description: describeWish(wish),
      ...(VpcId === undefined ? {} : {VpcId}),
      TagSpecifications: [{ResourceType: 'security-group', Tags: toTags(groupTags(wish))}],
      DryRun: true,
    }),
  )
}

async function examineIngress(api: AwsApi, ingress: readonly NetworkPiece[]): Promise<Finding[]> {
  const [one] = ingress
  const actions = [
    'AuthorizeSecurityGroupIngress',
    'RevokeSecurityGroupIngress',
    'DeleteSecurityGroup',
  ] as const
  if (!one) return actions.map(action => untold(`ec2:${action}`, 'a security group'))
  const IpPermissions = [toPermission(one.open[0] ?? 80)]
  return Promise.all(
    actions.map(action =>
      tryOut({action: `ec2:${action}`, allowed: `Allowed, as far as ${one.id} tells.`}, () =>
        action === 'DeleteSecurityGroup'
          ? api(action, {GroupId: one.id, DryRun: true})
          : api(action, {GroupId: one.id, IpPermissions, DryRun: true}),
      ),
    ),
  )
}

const untold = (action: string, thing: string): Finding => ({
  check: 'permission',
  subject: action,
  outcome: 'unknown',
  detail: `It is allowed by the mark of ${thing}, and this fleet has none here yet to ask about.`,
})
