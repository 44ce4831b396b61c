import {randomUUID} from 'node:crypto'
import type {AwsCaller} from '../world/ec2/model.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import type {WireReply, WireRequest} from './http.ts'
import {toXml} from './xml.ts'

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** The Security Token Service in the AWS Query protocol: who am I. */
export function serveSts(world: World, caller: AwsCaller, request: WireRequest): WireReply {
  try {
    const action =
      new URLSearchParams(request.body.toString()).get('Action') ?? request.query.get('Action') ?? ''
    if (action !== 'GetCallerIdentity') {
      return world.calls.run(
        {
          service: 'sts',
          action: /^[A-Za-z]{1,64}$/.test(action) ? action : 'unknown',
          principal: caller.principal,
        },
        () => {
          throw new VendorError(
            400,
            'InvalidAction',
            `Could not find operation ${action} for version 2011-06-15`,
          )
        },
      )
    }
    const {account, arn, userId} = world.ec2.callerIdentity(caller)
    return reply(200, 'GetCallerIdentityResponse', {
      GetCallerIdentityResult: {Arn: arn, UserId: userId, Account: account},
      ResponseMetadata: {RequestId: randomUUID()},
    })
  } catch (error) {
    return stsRefusal(error)
  }
}

export function stsRefusal(error: unknown): WireReply {
  const {status, code, message} =
    error instanceof VendorError
      ? error
      : new VendorError(500, 'InternalFailure', 'An internal error has occurred')
  const fault = {Type: status >= 500 ? 'Receiver' : 'Sender', Code: code, Message: message}
  return reply(status, 'ErrorResponse', {Error: fault, RequestId: randomUUID()})
}

const reply = (status: number, root: string, content: Parameters<typeof toXml>[1]): WireReply => ({
  status,
  headers: {'content-type': 'text/xml'},
  body: toXml(root, content, NAMESPACE),
})
