import {UnreachableError} from '../../errors.ts'
import type {Caller, CallOptions} from '../call.ts'
import {errorFrom, networkError} from './classify.ts'
import type {
  ApiAccount,
  ApiImage,
  ApiKey,
  ApiLimit,
  ApiMachine,
  ApiNetwork,
  ApiPackage,
  ApiPolicy,
  ApiRole,
  ApiRule,
  NewMachine,
  NewRule,
} from './shapes.ts'
import type {ApiReply, ApiRequest, Transport} from './transport.ts'

/** Rows of one answer: CloudAPI's own most. A cloud that gives fewer says so with the answer. */
const PAGE = 1_000
/** Part of a page that the next one shows again. */
const OVERLAP = 0.02
/** Affinity and name service look-ups make CreateMachine slow to answer. */
const CREATE_TIMEOUT_MS = 90_000

/**
 * CloudAPI, one method per call. Pacing, retries and deadlines are the caller's (providers/call.ts); listings read every
 * page. Throws what classify.ts makes of a refusal.
 */
export type Client = ReturnType<typeof createClient>

export function createClient(transport: Transport, call: Caller, url: string) {
  async function send(
    request: Omit<ApiRequest, 'signal'>,
    options: CallOptions,
    fine: readonly number[] = [],
  ): Promise<ApiReply> {
    return call({bucket: 'account', reads: request.method === 'GET', ...options}, async signal => {
      let reply: ApiReply
      try {
        reply = await transport({...request, signal})
      } catch (error) {
        throw networkError(options.name, url, error)
      }
      if (reply.status >= 400 && !fine.includes(reply.status)) throw errorFrom(options.name, reply)
      return reply
    })
  }

  const get = async <T>(name: string, path: string) => (await send({method: 'GET', path}, {name})).body as T
  const list = async <T>(name: string, path: string) => rows<T>(name, await get(name, path))

  return {
    getAccount: () => get<ApiAccount>('GetAccount', ''),
    listDatacenters: () => get<Record<string, string>>('ListDatacenters', 'datacenters'),
    listImages: () => list<ApiImage>('ListImages', 'images'),
    listPackages: () => list<ApiPackage>('ListPackages', 'packages'),
    listNetworks: () => list<ApiNetwork>('ListNetworks', 'networks'),

    listKeys: () => list<ApiKey>('ListKeys', 'keys'),
    listRoles: () => list<ApiRole>('ListRoles', 'roles'),
    listPolicies: () => list<ApiPolicy>('ListPolicies', 'policies'),

    /** undefined where the cloud does not know the call (it came with CloudAPI 9.8). */
    async listLimits(): Promise<ApiLimit[] | undefined> {
      const {status, body} = await send({method: 'GET', path: 'limits'}, {name: 'GET limits'}, [404])
      return status === 404 ? undefined : rows<ApiLimit>('GET limits', body)
    },

    /** All pages, each instance once. `tombstone` shows what is destroyed or failed too. */
    async listMachines(filters: Record<string, string>): Promise<ApiMachine[]> {
      const found = new Map<string, ApiMachine>()
      for (let offset = 0; ; ) {
        const query = {...filters, limit: String(PAGE), offset: String(offset)}
        const {body, queryLimit = PAGE} = await send(
          {method: 'GET', path: 'machines', query},
          {name: 'ListMachines'},
        )
        const page = rows<ApiMachine>('ListMachines', body)
        for (const machine of page) found.set(machine.id, machine)
        // Instances that end while we page move the others up: pages overlap, so that none slips between two.
        offset += page.length - Math.floor(page.length * OVERLAP)
        if (page.length === 0 || page.length < queryLimit) return [...found.values()]
      }
    },

    /** Not repeatable: CloudAPI has no client token. A TransientError means that it may have taken effect. */
    async createMachine(machine: NewMachine): Promise<ApiMachine> {
      const request = {method: 'POST', path: 'machines', body: machine} as const
      const {body} = await send(request, {
        name: 'CreateMachine',
        repeatable: false,
        timeoutMs: CREATE_TIMEOUT_MS,
      })
      return body as ApiMachine
    },

    /**
     * Whether CreateMachine may be called, by a call that nothing can come of: there is no such image, and no package. A caller is
     * authorised before either is looked at (lib/app.js and lib/machines.js of sdc-cloudapi). Throws AuthError when it may not.
     */
    async tryCreateMachine(): Promise<void> {
      const body = {image: 'none, this only asks'}
      await send({method: 'POST', path: 'machines', body}, {name: 'CreateMachine'}, [409])
    },

    /** With its last state when it is gone but remembered (410); undefined when nobody remembers it. */
    async getMachine(id: string): Promise<ApiMachine | undefined> {
      const {status, body} = await send(
        {method: 'GET', path: `machines/${id}`},
        {name: 'GetMachine'},
        [404, 410],
      )
      return status === 404 ? undefined : (body as ApiMachine)
    },

    /** Accepted, or gone before. Throws ProtectedError. */
    async deleteMachine(id: string): Promise<void> {
      await send({method: 'DELETE', path: `machines/${id}`}, {name: 'DeleteMachine'}, [404, 410])
    },

    /** A job: it shows later. */
    async disableDeletionProtection(id: string): Promise<void> {
      const body = {action: 'disable_deletion_protection'}
      await send(
        {method: 'POST', path: `machines/${id}`, body},
        {name: 'DisableMachineDeletionProtection'},
        [404, 410],
      )
    },

    listRules: () => list<ApiRule>('ListFirewallRules', 'fwrules'),
    async createRule(rule: NewRule): Promise<ApiRule> {
      const request = {method: 'POST', path: 'fwrules', body: rule} as const
      return (await send(request, {name: 'CreateFirewallRule', repeatable: false})).body as ApiRule
    },
    async updateRule(id: string, rule: NewRule): Promise<ApiRule> {
      const request = {method: 'POST', path: `fwrules/${id}`, body: rule} as const
      return (await send(request, {name: 'UpdateFirewallRule'})).body as ApiRule
    },
    async deleteRule(id: string): Promise<void> {
      await send({method: 'DELETE', path: `fwrules/${id}`}, {name: 'DeleteFirewallRule'}, [404])
    },
  }
}

/** A 200 that holds no list is a gateway's, not CloudAPI's: never an empty list. */
function rows<T>(name: string, body: unknown): T[] {
  if (Array.isArray(body)) return body as T[]
  throw new UnreachableError(`CloudAPI answered ${name} with something that is not a list.`, {
    suggestions: ['Check that the endpoint is a CloudAPI: its address may belong to something else.'],
  })
}
