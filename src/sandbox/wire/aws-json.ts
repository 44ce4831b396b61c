import {randomUUID} from 'node:crypto'
import {VendorError} from '../world/vendor-error.ts'
import type {WireReply, WireRequest} from './http.ts'

/** AWS JSON 1.1: a POST whose header names the operation, errors by `__type`. */

/** `X-Amz-Target: AmazonSSM.GetParameter` → `GetParameter`; 'unknown' for what cannot be an operation's name. */
export function targetOf({headers}: WireRequest, service: string): string {
  const action = (headers['x-amz-target'] ?? '').replace(new RegExp(`^${service}\\.`), '')
  return /^[A-Za-z]{1,64}$/.test(action) ? action : 'unknown'
}

export function inputOf({body}: WireRequest): Record<string, unknown> {
  try {
    const input: unknown = JSON.parse(body.toString())
    if (typeof input === 'object' && input !== null) return input as Record<string, unknown>
  } catch {
    // Told below, in the protocol's words.
  }
  throw new VendorError(400, 'SerializationException', 'The request body is not JSON.')
}

export const jsonReply = (status: number, body: object): WireReply => ({
  status,
  headers: {'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID()},
  body: JSON.stringify(body),
})

export function jsonRefusal(error: unknown): WireReply {
  const {status, code, message} =
    error instanceof VendorError
      ? error
      : new VendorError(500, 'InternalServerError', 'An error occurred on the server side.')
  // Region and protocol problems are EC2's words inside the world.
  return jsonReply(status, {__type: code === 'AuthFailure' ? 'UnrecognizedClientException' : code, message})
}

export const validationError = (message: string): VendorError =>
  new VendorError(400, 'ValidationException', message)
