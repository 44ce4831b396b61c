import type {AddressInfo} from 'node:net'
import {createServer, type Server as TlsServer} from 'node:tls'
import type {Fleet} from '../../../src/fleet/model.ts'
import {holdName} from '../../../src/mark.ts'
import {realRuntime} from '../../../src/runtime.ts'
import {cloudflareWire} from '../../../src/sandbox/wire/cloudflare.ts'
import {
  listen,
  type VendorWire,
  type Wire,
  type WireReply,
  type WireRequest,
} from '../../../src/sandbox/wire/http.ts'
import {metadataWire} from '../../../src/sandbox/wire/metadata.ts'
import {errorReply} from '../../../src/sandbox/wire/route53/reply.ts'
import {route53Wire} from '../../../src/sandbox/wire/route53.ts'
import {verifySigV4} from '../../../src/sandbox/wire/sigv4.ts'
import {realClock} from '../../../src/sandbox/world/clock.ts'
import type {Guest, Hypervisor} from '../../../src/sandbox/world/hypervisor.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import {createWorld, type World} from '../../../src/sandbox/world/world.ts'
import {healthProbe} from '../../../src/surroundings/health-probe.ts'
import {type Boot, type Difficulties, newBoot, type Service} from './boot.ts'
import {type Certificates, DOWNLOADS_NAME, SERVED_NAMES} from './certificates.ts'
import {type Downloads, downloadsWire} from './downloads.ts'
import {programOf, shown} from './leaks.ts'
import type {Machine} from './machine.ts'

/** What is made once for all instances. */
export type Supplies = {readonly certificates: Certificates; readonly downloads: Downloads}

/** A reply of the wire is recorded with what the world noted during it. */
type Noted = {reply: WireReply; effects: string[]; refused?: string}

/** Signatures of Route53 hold for five minutes. */
const WRONG_BY_MS = 60 * 60_000
/** A busy machine shuts down slowly; the cloud cuts nobody off meanwhile. */
const FORCE_OFF_MS = 180_000

/**
 * The sandbox's clouds with real machines in them: what the world boots is a machine of `build`, and what machines ask is
 * answered by the sandbox's own wires. Every fleet here has one instance.
 */
export class DataCenter {
  readonly world: World
  readonly runtime = realRuntime()
  readonly supplies: Supplies
  readonly #build: (boot: Boot, guest: Guest) => Machine
  readonly #boots = new Map<string, Boot>()
  readonly #metadata: Wire
  readonly #cloudflare: VendorWire
  readonly #route53: VendorWire
  readonly #closers: (() => Promise<void> | void)[] = []
  #nextAddress = 10

  constructor(supplies: Supplies, build: (boot: Boot, guest: Guest) => Machine) {
    this.supplies = supplies
    this.#build = build
    this.world = createWorld({
      clock: realClock,
      random: Math.random,
      hypervisor: this.#hypervisor(),
      delays: {bootMs: 100, forceOffMs: FORCE_OFF_MS},
    })
    this.#metadata = metadataWire(this.world)
    this.#cloudflare = cloudflareWire(this.world)
    this.#route53 = route53Wire(this.world)
  }

  /** Makes room for the instance of a fleet before it is launched. */
  expect(fleet: Fleet, secrets: readonly string[], difficulties: Difficulties): Boot {
    const boot = newBoot(fleet, secrets, difficulties)
    this.#boots.set(fleet.name, boot)
    return boot
  }

  bootOf(guestId: string): Boot | undefined {
    return [...this.#boots.values()].find(({guest}) => guest?.id === guestId)
  }

  /** By the address a request comes from: the public one on Triton, the private one on EC2, which translates. */
  bootAt(address: string): Boot | undefined {
    return [...this.#boots.values()].find(
      ({guest}) => guest?.publicIp === address || guest?.privateIp === address,
    )
  }

  /** Instance metadata as on EC2's link-local address. Returns the port. */
  async serveMetadata(
    bootOf: (request: WireRequest) => Boot | undefined,
    at: {host?: string; port?: number} = {},
  ) {
    const {port, close} = await listen(this.#wire('metadata', bootOf), at)
    this.#closers.push(close)
    return port
  }

  /** The vendors' APIs and the archives over TLS, by the name that was asked for. Returns the server, whose certificate may be changed, and the port. */
  async serveApis(
    bootOf: (request: WireRequest) => Boot | undefined,
    {host = '127.0.0.1', port = 0}: {host?: string; port?: number} = {},
  ): Promise<{tls: TlsServer; port: number}> {
    const {key, valid} = this.supplies.certificates
    const [cloudflareName, route53Name] = SERVED_NAMES
    const wires: Record<string, Wire> = {
      [cloudflareName]: this.#wire('cloudflare', bootOf),
      [route53Name]: this.#wire('route53', bootOf),
      [DOWNLOADS_NAME]: downloadsWire(this.supplies.downloads),
    }
    const plain = await listen(request => wires[request.headers.host ?? '']?.(request) ?? {status: 421})
    // The HTTP server of the sandbox, behind a TLS that it knows nothing of.
    const tls = createServer({key, cert: valid}, socket => void plain.server.emit('connection', socket))
    tls.on('tlsClientError', () => undefined)
    await new Promise<void>((resolve, reject) => {
      tls.once('error', reject)
      tls.listen(port, host, resolve)
    })
    this.#closers.push(async () => {
      tls.close()
      await plain.close()
    })
    return {tls, port: (tls.address() as AddressInfo).port}
  }

  /** Every machine off and discarded, every port closed. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#boots.values()].map(({machine}) => machine?.discard()))
    await Promise.allSettled(this.#closers.map(close => close()))
  }

  /** mcd's own health check, to where the machine is really reached. */
  readonly probe = healthProbe(this.runtime, async (address, port) => {
    const machine = this.bootAt(address)?.machine
    return machine ? machine.reach(port) : {host: '127.0.0.1', port: 1}
  })

  #hypervisor(): Hypervisor {
    const machineOf = (id: string) => this.bootOf(id)?.machine
    return {
      address: () => `198.18.0.${this.#nextAddress++}`,
      release: () => undefined,
      boot: guest => {
        const boot = this.#boots.get(this.#fleetOf(guest))
        // Another instance of a fleet, launched by a run that misunderstood something: it stays dark, and the test fails.
        if (!boot || (boot.guest && boot.guest.id !== guest.id)) return
        boot.guest = guest
        const role = this.world.ec2.issueRoleCredentials(guest.id)
        if (role) boot.secrets.push(role.secretAccessKey, role.sessionToken)
        boot.machine ??= this.#build(boot, guest)
        boot.startedAtMs = boot.starts === 0 ? Date.now() : boot.startedAtMs
        boot.starts++
        boot.machine.start()
      },
      shutdown: (id, down) => {
        const off = machineOf(id)?.shutdown() ?? Promise.resolve()
        off.then(() => setImmediate(down))
      },
      // These machines say themselves whether they serve.
      setServing: () => undefined,
      kill: id => void machineOf(id)?.cut(),
      console: id => machineOf(id)?.story() ?? '',
    }
  }

  #fleetOf({id, cloud}: Guest): string {
    const {ec2, triton} = this.world
    return String(
      (cloud === 'triton' ? triton.machine(id)?.tags.mcd_fleet : ec2.instance(id)?.tags.get('mcd:fleet')) ??
        '',
    )
  }

  #wire(service: Service, bootOf: (request: WireRequest) => Boot | undefined): Wire {
    return async request => {
      const boot = bootOf(request)
      if (!boot?.guest) return {status: 403, body: 'nobody of this data center\n'}
      if (isFromScript(request)) watchProcesses(boot)
      const served = isChange(service, request) ? await this.#isServing(boot) : undefined
      const {reply, effects, refused} = await this.#answer(service, boot, request)
      boot.arrivals.push({
        atMs: Date.now(),
        service,
        request: `${request.method} ${request.path}`,
        status: reply.status,
        ...(service === 'metadata' && lacksToken(request) ? {tokenless: true} : {}),
        ...(request.rawQuery.includes(holdName(boot.fleet.dns)) ? {asksForHold: true} : {}),
        effects,
        ...(refused === undefined ? {} : {refused}),
        ...(served === undefined ? {} : {served}),
      })
      return reply
    }
  }

  async #isServing({guest, fleet}: Boot): Promise<boolean> {
    const {port, health} = fleet.service
    const target = {
      protocol: health.protocol,
      address: guest?.publicIp ?? '',
      port,
      path: health.path,
      host: fleet.dns,
      timeoutMs: 5_000,
    }
    return (await this.probe(target)).ok
  }

  async #answer(service: Service, boot: Boot, request: WireRequest): Promise<Noted> {
    for (const trouble of boot.troubles) {
      const reply = trouble(service, request)
      if (reply) return {reply, effects: [], refused: 'by the test'}
    }
    const {records} = this.world.calls
    const before = records.length
    const reply = await this.#cloud(service, boot, request)
    const [record] = records.slice(before)
    return {
      reply,
      effects: record?.effects ?? [],
      ...(record?.refused === undefined ? {} : {refused: String(record.refused)}),
    }
  }

  #cloud(service: Service, boot: Boot, request: WireRequest): WireReply | Promise<WireReply> {
    if (service === 'cloudflare') return this.#cloudflare(request)
    if (service === 'metadata') return this.#metadata(this.#asInstance(boot, request))
    return boot.wrongClock ? this.#inAnotherTime(request) : this.#route53(request)
  }

  /** What Route53 says to a signature when its clock is ahead of the one it was made by. */
  #inAnotherTime(request: WireRequest): WireReply {
    const nowMs = Date.now() + WRONG_BY_MS
    try {
      verifySigV4(request, id => this.world.ec2.keys.secretOf(id), nowMs)
      return this.#route53(request)
    } catch (error) {
      if (!(error instanceof VendorError)) throw error
      const refusal = errorReply(error)
      return {...refusal, headers: {...refusal.headers, date: new Date(nowMs).toUTCString()}}
    }
  }

  /**
   * The wire knows instances by their path. And in a container cloud-init sees no SMBIOS, does not know that it is on AWS
   * and asks without a token: it gets one here. The registration script has to fetch its own, as on EC2.
   */
  #asInstance({guest}: Boot, request: WireRequest): WireRequest {
    const own = {...request, path: `/${guest?.id}${request.path}`}
    if (isFromScript(request) || !lacksToken(request)) return own
    const asked = this.#metadata({
      ...own,
      method: 'PUT',
      path: `/${guest?.id}/latest/api/token`,
      headers: {'x-aws-ec2-metadata-token-ttl-seconds': '60'},
    }) as WireReply
    return {...own, headers: {...request.headers, 'x-aws-ec2-metadata-token': String(asked.body)}}
  }
}

/** The registration script and what templates run use curl; cloud-init is written in Python. */
export const isFromScript = ({headers}: WireRequest): boolean => /^curl/.test(headers['user-agent'] ?? '')

const lacksToken = ({method, headers}: WireRequest): boolean =>
  method === 'GET' && headers['x-aws-ec2-metadata-token'] === undefined

/** Who asks waits for the answer meanwhile: what `ps` shows now, it shows during the call. */
function watchProcesses({machine, secrets, leaks, programs}: Boot): void {
  const processes = machine?.processes() ?? []
  for (const leak of shown(processes, secrets)) leaks.add(leak)
  for (const process of processes) programs.add(programOf(process))
}

/** Whether a request is about to change records. */
function isChange(service: Service, {method}: WireRequest): boolean {
  return service !== 'metadata' && method !== 'GET'
}
