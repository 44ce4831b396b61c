/** DNS-SD (RFC 6763) over unicast DNS: finds services, follows them to addresses, and chooses as RFC 2782 says. */

export type Options = {
  /** `192.0.2.53`, `192.0.2.53:5353`, `ns.example.com`, `[2001:db8::53]:53`; the system's own unless given. The next is asked when one fails. */
  readonly servers?: readonly string[]
  /** How long each question may take at each server; a lost datagram is sent again within it. 7,000 unless given. */
  readonly timeoutMs?: number
  /** Calls off what is in flight: the promise rejects with its reason. */
  readonly signal?: AbortSignal
  /** Uniform in [0, 1): the chance to choose by. `Math.random` unless given. */
  readonly random?: () => number
}

/** Where a client can connect. */
export type Endpoint = {
  readonly address: string
  readonly port: number
}

/** One machine that serves, as an SRV value names it. */
export type Target = {
  readonly priority: number
  readonly weight: number
  readonly port: number
  /** The name of its host. */
  readonly target: string
  /** The name of the service instance that it belongs to. */
  readonly instance: string
  /** IPv4 first. */
  readonly addresses: readonly string[]
}

export type Service = {
  readonly name: string
  readonly instances: readonly {
    /** With what it needs of escapes: `Version\0322\.0._http._tcp.example.com`. */
    readonly name: string
    /** Of its TXT record; `true` for a key without a value. */
    readonly attributes: Readonly<Record<string, string | true>>
  }[]
  /** Those with an address, in the order in which a client tries them (RFC 2782). */
  readonly targets: readonly Target[]
}

/** The services of a domain, as in `_http._tcp`. Rejects when no name server answers. */
export function browseServices(domain: string, options?: Options): Promise<string[]>

/** The names of the instances of `_http._tcp` in a domain, each as `resolve` takes it. Rejects when no name server answers. */
export function browseInstances(service: string, domain: string, options?: Options): Promise<string[]>

/**
 * Follows a service (`_http._tcp.example.com`, all its instances) or one instance of it (`v1._http._tcp.example.com`) to
 * addresses. Rejects where that leads nowhere, with the reason, for what is no service, and when no name server answers.
 */
export function resolve(name: string, options?: Options): Promise<Service>

/** Every endpoint, in the order in which a client tries them. */
export function endpointsOf(service: Service): Endpoint[]

/** What `count` clients would choose first, each for itself. */
export function draw(service: Service, count: number, options?: Pick<Options, 'random'>): Endpoint[]
