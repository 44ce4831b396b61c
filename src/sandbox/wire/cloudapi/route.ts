import type {Params} from '../../world/triton/listing.ts'
import type {Session} from '../../world/triton/session.ts'

/** What a call answers with, before it becomes HTTP. No `body` is an empty answer. */
export type Answer = {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What a request asks, once it is known who asks. */
export type Asked = {
  readonly session: Session
  /** Query and body, merged; the body wins. */
  readonly params: Params
  /** The body alone: tags and metadata are its fields. */
  readonly fields: Params
  /** The variable parts of the path, decoded, in order. */
  readonly parts: readonly string[]
  readonly login: string
  /** Where this data centre is served. */
  readonly url: string
}

export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Without the login: `machines/:id/tags`. */
  readonly path: string
  /** CloudAPI's name of the call: for refusals before a session stands. */
  readonly action: string
  readonly serve: (asked: Asked) => Answer
}

export const ok = (body: unknown): Answer => ({status: 200, body})
export const created = (body: unknown, location: string): Answer => ({status: 201, body, headers: {location}})
export const empty = (status: number): Answer => ({status})
