import type {Receiver} from '../../src/fleet/model.ts'
import type {Delivery, Message} from '../../src/fleet/outside.ts'
import {NOTICE_TYPES} from '../../src/journal/notice.ts'
import {Secret} from '../../src/secret.ts'

/** How a receiver answers: `hangs` never does. */
export type Manners = 'takes' | 'hangs' | 'unreachable' | 'fails' | 'gone'

export type Received = {
  readonly host: string
  readonly id: string
  readonly body: string
  readonly atMs: number
}

/** Receivers of notifications in a simulated world, by host, with everything that reached each of them. */
export class SimulatedReceivers {
  readonly inbox: Received[] = []
  /** Also what was refused. */
  attempts = 0
  readonly #manners = new Map<string, Manners>()

  behave(host: string, manners: Manners): void {
    this.#manners.set(host, manners)
  }

  async take({host}: Receiver, {id, body, sentAtSeconds}: Message, over: AbortSignal): Promise<Delivery> {
    this.attempts++
    switch (this.#manners.get(host) ?? 'takes') {
      case 'takes':
        this.inbox.push({host, id, body, atMs: sentAtSeconds * 1_000})
        return {ok: true}
      case 'hangs':
        await new Promise(resolve => over.addEventListener('abort', resolve, {once: true}))
        return {ok: false, why: 'hung up'}
      case 'unreachable':
        return {ok: false, why: 'could not be reached (ECONNREFUSED)'}
      case 'fails':
        return {ok: false, answered: true, why: 'answered 503'}
      case 'gone':
        return {ok: false, answered: true, refused: true, why: 'answered 410'}
    }
  }

  /** What reached anybody, by type, as their programs read it. */
  bodies(type?: string): {type: string; timestamp: string; data: Record<string, unknown>}[] {
    return this.inbox
      .map(({body}) => JSON.parse(body))
      .filter(body => type === undefined || body.type === type)
  }
}

export const receiver = (host: string, over: Partial<Receiver> = {}): Receiver => ({
  url: new Secret(`https://${host}/hook/0123456789`, 'env:HOOK'),
  host,
  secret: new Secret('a secret of the test', 'env:HOOK_SECRET'),
  events: NOTICE_TYPES,
  ...over,
})
