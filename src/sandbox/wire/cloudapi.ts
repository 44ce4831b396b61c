import {createHash, randomUUID} from 'node:crypto'
import type {Principal} from '../world/calls.ts'
import {actionName} from '../world/triton/actions.ts'
import {type Params, text} from '../world/triton/listing.ts'
import {MAX_BODY_BYTES} from '../world/triton/model.ts'
import {invalidCredentials, notAuthorized, notFound, tooLarge} from '../world/triton/refusal.ts'
import {VendorError} from '../world/vendor-error.ts'
import type {World} from '../world/world.ts'
import type {Answer, Route} from './cloudapi/route.ts'
import {findRoute, refusal} from './cloudapi/routes.ts'
import {dated, type VendorWire, type WireReply, type WireRequest} from './http.ts'
import {parseAuthorization, signatureFault} from './http-signature.ts'

const VERSION = '9.20.0'

type TritonPart = Pick<World, 'calls' | 'triton'>

/** CloudAPI: JSON over HTTP, every request signed with a key of the account. */
export function cloudapiWire(world: TritonPart): VendorWire {
  return request => {
    const answered = (answer: Answer) => dated(toReply(answer), world.calls.plan.clockOf('cloudapi'))
    try {
      return answered(serve(world, request))
    } catch (error) {
      return answered(refusal(error))
    }
  }
}

function serve(world: TritonPart, request: WireRequest): Answer {
  const segments = request.path.split('/').slice(1).map(decode)
  const [login = '', ...rest] = segments.at(-1) === '' ? segments.slice(0, -1) : segments
  const found = findRoute(request.method, rest)
  const action = found.route?.action ?? 'Unknown'
  const caller = authenticate(world, request, action)
  if (login !== 'my' && login !== caller.login)
    world.triton.refuse(
      action,
      caller.principal,
      notAuthorized(`You do not have permission to access ${login}`),
    )
  const {route, parts} = found
  if (!route) return world.triton.refuse(action, caller.principal, noSuchCall(request, found.otherMethods))
  if (request.body.length > MAX_BODY_BYTES)
    world.triton.refuse(action, caller.principal, tooLarge(MAX_BODY_BYTES))
  const fields = readFields(request)
  const params = {...Object.fromEntries(request.query), ...fields}
  authorize(world, caller, route, parts, params)
  return route.serve({
    session: world.triton.session(caller.login, caller.principal, caller.keyId),
    params,
    fields,
    parts,
    login: caller.login,
    url: `http://${request.headers.host ?? '127.0.0.1'}`,
  })
}

type Caller = {login: string; user: string | undefined; principal: Principal; keyId: string}

/**
 * The account itself may do everything, a sub-user what its roles say. An instance that is not there is told of before that is
 * asked (lib/app.js of sdc-cloudapi).
 */
function authorize(
  {triton}: TritonPart,
  {login, user, principal}: Caller,
  {action: named, path}: Route,
  [id = '']: readonly string[],
  params: Params,
): void {
  if (user === undefined || (path.startsWith('machines/:id') && !triton.machine(id))) return
  const action = named === 'UpdateMachine' ? actionName(text(params.action)) : named
  const roles = text(params['as-role'])?.split(',') ?? []
  if (!triton.account(login).rbac.allows(user, roles, action))
    triton.refuse(
      action,
      principal,
      notAuthorized(
        `You do not have permission to access /${login}/${path.replace(':id', id)} (${action.toLowerCase()})`,
      ),
    )
}

/** Who signed. Throws CloudAPI's own refusals, in the order in which CloudAPI looks. */
function authenticate(world: TritonPart, request: WireRequest, action: string): Caller {
  const nobody: Principal = {name: 'anonymous', address: request.remoteAddress}
  const refuse = (message: string) => world.triton.refuse(action, nobody, invalidCredentials(message))
  const version = request.headers['accept-version'] ?? request.headers['api-version']
  if (version !== undefined && !/[789*]/.test(version))
    world.triton.refuse(action, nobody, new VendorError(400, 'InvalidVersion', `${version} is not supported`))
  const header = request.headers.authorization
  if (header === undefined) return refuse('You must make authenticated requests to use CloudAPI')
  const signed = parseAuthorization(header)
  if (!signed)
    return world.triton.refuse(
      action,
      nobody,
      new VendorError(400, 'InvalidHeader', 'Invalid authorization header'),
    )
  const [, login = '', user, key] = /^\/([^/]+)(?:\/users\/([^/]+))?\/keys\/(.+)$/.exec(signed.keyId) ?? []
  if (key === undefined) return refuse(`Invalid KeyId ${signed.keyId} in authorization header`)
  const account = world.triton.findAccount(login)
  if (!account) return refuse(`Invalid account ${login}`)
  const publicKey = account.verificationKey(key, user)
  if (!publicKey) return refuse(`Invalid key ${key}`)
  const fault = signatureFault(signed, request, publicKey, world.calls.plan.clockOf('cloudapi'))
  if (fault) return refuse(fault)
  return {login, user, principal: {name: 'operator', address: request.remoteAddress}, keyId: signed.keyId}
}

function noSuchCall({method, path}: WireRequest, otherMethods: readonly string[]): VendorError {
  if (otherMethods.length === 0) return notFound(`${path} does not exist`)
  const allow = otherMethods.join(', ')
  return new VendorError(405, 'MethodNotAllowedError', `${method} is not allowed`, {headers: {allow}})
}

/** JSON, or a form as old clients send it. */
function readFields({body, headers}: WireRequest): Record<string, unknown> {
  if (body.length === 0) return {}
  const type = headers['content-type'] ?? 'application/json'
  if (type.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body.toString()))
  try {
    const fields: unknown = JSON.parse(body.toString())
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
      return fields as Record<string, unknown>
  } catch {
    // Refused below, like JSON that is not an object.
  }
  throw new VendorError(400, 'InvalidContentError', 'Invalid JSON: an object is expected')
}

function toReply({status, body, headers}: Answer): WireReply {
  const text = body === undefined ? '' : JSON.stringify(body)
  return {
    status,
    headers: {
      'api-version': VERSION,
      server: `cloudapi/${VERSION}`,
      'request-id': randomUUID(),
      ...(text === ''
        ? {}
        : {
            'content-type': 'application/json',
            'content-md5': createHash('md5').update(text).digest('base64'),
          }),
      ...headers,
    },
    body: text,
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
