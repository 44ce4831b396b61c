import {randomUUID} from 'node:crypto'
import {ACTIONS, type ActionName} from '../world/ec2/actions.ts'
import {ec2Error} from '../world/ec2/errors.ts'
import type {AwsCaller} from '../world/ec2/model.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import {replyElements} from './ec2/replies.ts'
import {REQUESTS} from './ec2/requests.ts'
import type {WireReply, WireRequest} from './http.ts'
import {queryTree} from './query.ts'
import {toXml} from './xml.ts'

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/'
const XML = {'content-type': 'text/xml;charset=UTF-8'}

/** The EC2 Query protocol, for a caller whose signature was checked. */
export function serveEc2(world: World, caller: AwsCaller, request: WireRequest): WireReply {
  try {
    const fields = new Map([...request.query, ...new URLSearchParams(request.body.toString())])
    const action = fields.get('Action') ?? ''
    fields.delete('Action')
    fields.delete('Version')
    if (!isAction(action)) return refuseAction(world, caller, action)
    return serve(world, caller, action, fields)
  } catch (error) {
    return ec2Refusal(error)
  }
}

/** EC2's own shape of an error, whatever was thrown. */
export function ec2Refusal(error: unknown): WireReply {
  const {status, code, message, headers} =
    error instanceof VendorError
      ? error
      : new VendorError(500, 'InternalError', 'An internal error has occurred')
  const body = toXml('Response', {Errors: {Error: [{Code: code, Message: message}]}, RequestID: randomUUID()})
  return {status, headers: {...XML, ...headers}, body}
}

function serve<A extends ActionName>(
  world: World,
  caller: AwsCaller,
  action: A,
  fields: Map<string, string>,
): WireReply {
  const reply = world.ec2.call(caller, action, REQUESTS[action](queryTree(fields), ''))
  const requestId = randomUUID()
  const body = toXml(`${action}Response`, {requestId, ...(replyElements(action, reply) as object)}, NAMESPACE)
  return {status: 200, headers: {...XML, 'x-amzn-requestid': requestId}, body}
}

const isAction = (name: string): name is ActionName => Object.hasOwn(ACTIONS, name)

/** Counted like any other call: what a client asked for in vain should be seen in `sandbox status`. */
function refuseAction(world: World, {principal}: AwsCaller, action: string): WireReply {
  const name = /^[A-Za-z]{1,64}$/.test(action) ? action : 'unknown'
  return world.calls.run({service: 'ec2', action: name, principal}, () => {
    throw action === ''
      ? ec2Error('MissingAction', 'The request must contain the parameter Action')
      : ec2Error('InvalidAction', `The action ${action} is not valid for this web service.`)
  })
}
