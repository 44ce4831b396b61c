import type {HostedZone, ResourceRecordSet} from '@aws-sdk/client-route-53'
import type {DnsProvider} from '../../src/providers/dns.ts'
import {classify} from '../../src/providers/route53/classify.ts'
import type {Route53Client} from '../../src/providers/route53/client.ts'
import {dnsOver} from '../../src/providers/route53/dns.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {Principal} from '../../src/sandbox/world/calls.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {ConnectionLost} from '../../src/sandbox/world/faults/answers.ts'
import type {ChangeInput} from '../../src/sandbox/world/route53/change-input.ts'
import type {RecordSet} from '../../src/sandbox/world/route53/record-set.ts'
import type {ChangeInfo} from '../../src/sandbox/world/route53.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {atOnce, type Carry, carried} from './carry.ts'

type Clouded = Pick<World, 'route53' | 'ec2' | 'calls'>

/** Route53 straight on the world: the adapter's own decisions, without sockets or the vendor's library. */
export function worldRoute53Dns(
  world: Clouded,
  runtime: Runtime,
  accessKeyId: string = SANDBOX.aws.operator.accessKeyId,
  carry: Carry = atOnce,
): DnsProvider {
  return dnsOver(carried('route53', worldRoute53Client(world, accessKeyId), carry), {runtime})
}

export function worldRoute53Client({route53, ec2, calls}: Clouded, accessKeyId: string): Route53Client {
  /** Refusals of the world as the adapter hears them from the SDK. */
  const asked = async <T>(what: string, input: object, work: (principal: Principal) => T): Promise<T> => {
    try {
      return await calls.plan.carry(`${what} ${JSON.stringify(input)}`, () => {
        const principal = ec2.keys.principalOf(accessKeyId)
        if (!principal)
          throw new VendorError(
            403,
            'InvalidClientTokenId',
            'The security token included in the request is invalid.',
          )
        return work(principal)
      })
    } catch (error) {
      if (error instanceof ConnectionLost) throw classify(what, error)
      if (!(error instanceof VendorError)) throw error
      const {code, message, status} = error
      throw classify(
        what,
        Object.assign(new Error(message), {name: String(code), $metadata: {httpStatusCode: status}}),
      )
    }
  }
  return {
    listHostedZonesByName: input =>
      asked('ListHostedZonesByName', input, principal => {
        const {zones, next} = route53.listHostedZonesByName(principal, {
          ...(input.DNSName !== undefined && {dnsName: input.DNSName}),
          ...(input.HostedZoneId !== undefined && {hostedZoneId: input.HostedZoneId}),
        })
        return {
          HostedZones: zones.map(
            ({id, name, callerReference, privateZone}): HostedZone => ({
              Id: `/hostedzone/${id}`,
              Name: name,
              CallerReference: callerReference,
              Config: {PrivateZone: privateZone},
            }),
          ),
          IsTruncated: next !== undefined,
          NextDNSName: next?.name,
          NextHostedZoneId: next?.id,
          MaxItems: undefined,
        }
      }),
    listResourceRecordSets: input =>
      asked('ListResourceRecordSets', input, principal => {
        const {sets, next} = route53.listRecordSets(principal, input.HostedZoneId ?? '', {
          ...(input.StartRecordName !== undefined && {name: input.StartRecordName}),
          ...(input.StartRecordType !== undefined && {type: input.StartRecordType}),
          ...(input.StartRecordIdentifier !== undefined && {identifier: input.StartRecordIdentifier}),
          ...(input.MaxItems !== undefined && {maxItems: String(input.MaxItems)}),
        })
        return {
          ResourceRecordSets: sets.map(toVendor),
          IsTruncated: next !== undefined,
          NextRecordName: next?.name,
          NextRecordType: next?.type,
          NextRecordIdentifier: next?.setIdentifier,
          MaxItems: undefined,
        }
      }),
    changeResourceRecordSets: input =>
      asked('ChangeResourceRecordSets', input, principal => {
        const changes = (input.ChangeBatch?.Changes ?? []).map(
          ({Action = '', ResourceRecordSet = {}}): ChangeInput => ({
            action: Action,
            recordSet: toWorld(ResourceRecordSet),
          }),
        )
        return {
          ChangeInfo: changeInfo(route53.changeRecordSets(principal, input.HostedZoneId ?? '', changes)),
        }
      }),
    getChange: input =>
      asked('GetChange', input, principal => ({
        ChangeInfo: changeInfo(route53.getChange(principal, input.Id ?? '')),
      })),
    getHostedZoneLimit: input =>
      asked('GetHostedZoneLimit', input, principal => {
        const {count, limit} = route53.hostedZoneLimit(principal, input.HostedZoneId ?? '', input.Type ?? '')
        return {Count: count, Limit: {Type: input.Type, Value: limit}}
      }),
    getCallerIdentity: () =>
      asked('GetCallerIdentity', {}, principal => {
        const {account, arn, userId} = ec2.callerIdentity({principal, region: 'us-east-1'})
        return {Account: account, Arn: arn, UserId: userId}
      }),
  }
}

const changeInfo = ({id, status, submittedAtMs}: ChangeInfo) => ({
  Id: `/change/${id}`,
  Status: status,
  SubmittedAt: new Date(submittedAtMs),
})

/** Fields that are not there stay away, as in what the SDK reads. */
const toVendor = ({
  name,
  type,
  setIdentifier,
  weight,
  multiValueAnswer,
  ttlSeconds,
  values,
  aliasTarget,
}: RecordSet): ResourceRecordSet => ({
  Name: name,
  Type: type,
  ...(setIdentifier !== undefined && {SetIdentifier: setIdentifier}),
  ...(weight !== undefined && {Weight: weight}),
  ...(multiValueAnswer && {MultiValueAnswer: true}),
  ...(ttlSeconds !== undefined && {TTL: ttlSeconds}),
  ...(values && {ResourceRecords: values.map(Value => ({Value}))}),
  ...(aliasTarget && {
    AliasTarget: {
      HostedZoneId: aliasTarget.hostedZoneId,
      DNSName: aliasTarget.dnsName,
      EvaluateTargetHealth: aliasTarget.evaluateTargetHealth,
    },
  }),
})

const toWorld = (set: Partial<ResourceRecordSet>): ChangeInput['recordSet'] => ({
  name: set.Name ?? '',
  type: set.Type ?? '',
  ...(set.SetIdentifier !== undefined && {setIdentifier: set.SetIdentifier}),
  ...(set.Weight !== undefined && {weight: set.Weight}),
  ...(set.MultiValueAnswer !== undefined && {multiValueAnswer: set.MultiValueAnswer}),
  ...(set.TTL !== undefined && {ttlSeconds: set.TTL}),
  ...(set.ResourceRecords && {values: set.ResourceRecords.map(({Value}) => Value ?? '')}),
})
