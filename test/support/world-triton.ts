import type {ComputeProvider, Place} from '../../src/providers/compute.ts'
import {joyentCompute} from '../../src/providers/joyent/compute.ts'
import type {ApiReply, Transport} from '../../src/providers/joyent/transport.ts'
import type {Runtime} from '../../src/runtime.ts'
import type {Answer} from '../../src/sandbox/wire/cloudapi/route.ts'
import {findRoute, refusal} from '../../src/sandbox/wire/cloudapi/routes.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {atOnce, type Carry} from './carry.ts'
import {SOME_PUBLIC_KEY} from './triton-world.ts'

/**
 * The Triton provider directly on the world, without sockets or signatures: what mcd does about names without reservation
 * and lost replies is then part of every simulation. What a fault throws other than a vendor's refusal goes through as it
 * is, as if the network had thrown it.
 */
export function worldTritonCompute(
  world: Pick<World, 'triton' | 'calls'>,
  place: Place,
  runtime: Runtime,
  carry: Carry = atOnce,
): ComputeProvider {
  const account = world.triton.account()
  if (account.keys.length === 0) account.addKey(SOME_PUBLIC_KEY)
  const transport = worldTransport(world)
  return joyentCompute({
    place,
    runtime,
    transport: request => carry(`cloudapi:${request.method} ${request.path}`, () => transport(request)),
  })
}

function worldTransport({triton, calls}: Pick<World, 'triton' | 'calls'>): Transport {
  const {account: login} = SANDBOX.triton
  const session = triton.session(login, {name: 'operator'})
  return async ({method, path, query = {}, body = {}}): Promise<ApiReply> => {
    const {route, parts} = findRoute(method, path.split('/').filter(Boolean).map(decodeURIComponent))
    if (!route) throw new Error(`the sandbox does not speak ${method} ${path}`)
    // As on the wire, nothing is shared between the two sides.
    const fields = structuredClone(body)
    try {
      const question = `${method} ${path} ${JSON.stringify(query)}`
      return await calls.plan.carry(question, () =>
        copy(
          route.serve({
            session,
            params: {...query, ...fields},
            fields,
            parts,
            login,
            url: 'http://sandbox-1.example',
          }),
        ),
      )
    } catch (error) {
      if (error instanceof VendorError) return copy(refusal(error))
      throw error
    }
  }
}

function copy({status, body, headers = {}}: Answer): ApiReply {
  const queryLimit = Number(headers['x-query-limit'] ?? 0)
  return {
    status,
    body: body === undefined ? undefined : JSON.parse(JSON.stringify(body)),
    ...(queryLimit > 0 ? {queryLimit} : {}),
  }
}
