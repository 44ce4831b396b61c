import {UsageError} from '../../errors.ts'
import type {SandboxMap, SandboxStatus} from '../status.ts'
import type {FaultOrder, FaultReport} from '../world/faults/kinds.ts'
import type {Wire, WireReply} from './http.ts'

export type Control = {
  readonly id: string
  status(): SandboxStatus
  map(): SandboxMap
  /** Ends the sandbox once the reply is on its way. */
  stop(): void
  /** A fresh world at the same endpoints. */
  reset(): Promise<void>
  /** Makes the credentials that instances use worth nothing, at every vendor, until the next reset. */
  revokeInstanceCredentials(): void
  /** Throws UsageError for an order that can never fire. */
  addFault(order: FaultOrder): FaultReport
  listFaults(): FaultReport[]
  /** One, or all; how many there were. */
  clearFaults(id?: string): number
}

/** Carries the sandbox's id: a web page in the user's browser could send a plain POST here, but not this header. */
const ID_HEADER = 'x-mcd-sandbox'

/** How the CLI talks to the sandbox itself. */
export function controlWire(control: Control): Wire {
  const orders: Record<string, (given: unknown) => unknown> = {
    '/stop': control.stop,
    '/reset': control.reset,
    '/revoke-instance-credentials': control.revokeInstanceCredentials,
    '/faults/add': given => control.addFault(given as FaultOrder),
    '/faults/clear': given => ({cleared: control.clearFaults((given as {id?: string}).id)}),
  }
  const reads: Record<string, () => unknown> = {
    '/': () => ({id: control.id}),
    '/status': control.status,
    '/map': control.map,
    '/faults': control.listFaults,
  }
  return async ({method, path, headers, body}) => {
    if (method === 'GET') {
      const read = reads[path]
      return read ? json(200, read()) : json(404, {error: 'not found'})
    }
    const order = orders[path]
    if (method !== 'POST' || !order) return json(404, {error: 'not found'})
    if (headers[ID_HEADER] !== control.id)
      return json(403, {error: `the header ${ID_HEADER} must carry the sandbox's id`})
    try {
      const given: unknown = body.length > 0 ? JSON.parse(body.toString()) : {}
      return json(200, (await order(given)) ?? {})
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      const {message, suggestions} = error
      return json(422, {message, suggestions})
    }
  }
}

const json = (status: number, body: unknown): WireReply => ({
  status,
  headers: {'content-type': 'application/json'},
  body: JSON.stringify(body),
})
