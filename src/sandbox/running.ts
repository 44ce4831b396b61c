import {get} from './control.ts'
import type {SandboxRecord} from './folder.ts'
import type {MachinesMode} from './machines/hypervisor.ts'
import type {SandboxMap} from './status.ts'
import {SANDBOX} from './world/credentials.ts'

/** A running sandbox: the endpoints and credentials that replace every one of the fleet file under --sandbox. */
export type Sandbox = {
  readonly id: string
  /** Of the fleet file it belongs to. */
  readonly folder: string
  readonly pid: number
  readonly machines: MachinesMode
  readonly idleMs: number
  readonly endpoints: SandboxEndpoints
  readonly credentials: SandboxCredentials
  /** Where a published address and port are really served (decision 37). What no machine serves leads to a closed port, and never out of the sandbox. */
  addressOf(ip: string, port: number): Promise<{host: string; port: number}>
}

export type SandboxEndpoints = {
  readonly aws: string
  /** The second EC2 face, with the path such clouds have. */
  readonly eucalyptus: string
  readonly triton: string
  /** With the path of API version 4. */
  readonly cloudflare: string
  readonly metadata: string
  readonly control: string
  readonly dns: {readonly cloudflare: DnsEndpoint; readonly route53: DnsEndpoint}
}

export type DnsEndpoint = {readonly host: string; readonly port: number}

/** Worth nothing outside the sandbox. */
export type SandboxCredentials = {
  readonly aws: {readonly accessKeyId: string; readonly secretAccessKey: string; readonly region: string}
  readonly cloudflare: {readonly apiToken: string}
  readonly triton: {
    readonly account: string
    /** MD5 fingerprint of the key. */
    readonly keyId: string
    /** PEM, for its owner only. */
    readonly keyFile: string
    /** An ssh agent that holds the key; none on Windows. */
    readonly agentSocket?: string
  }
  /** What the instances use (decision 24). */
  readonly instances: {
    readonly cloudflare: {readonly token: string}
    readonly route53: {readonly accessKeyId: string; readonly secretAccessKey: string}
    readonly instanceProfile: string
  }
}

export function sandboxOf(folder: string, record: SandboxRecord): Sandbox {
  const {ports, triton} = record
  const url = (port: number) => `http://127.0.0.1:${port}`
  const {operator, instances, instanceProfile} = SANDBOX.aws
  return {
    id: record.id,
    folder,
    pid: record.process.pid,
    machines: record.machines,
    idleMs: record.idleMs,
    endpoints: {
      aws: url(ports.aws),
      eucalyptus: `${url(ports.aws)}/services/compute`,
      triton: url(ports.triton),
      cloudflare: `${url(ports.cloudflare)}/client/v4`,
      metadata: url(ports.metadata),
      control: url(ports.control),
      dns: {
        cloudflare: {host: '127.0.0.1', port: ports.dns.cloudflare},
        route53: {host: '127.0.0.1', port: ports.dns.route53},
      },
    },
    credentials: {
      aws: {...operator, region: SANDBOX.regions[0]},
      cloudflare: {apiToken: SANDBOX.cloudflare.operatorToken},
      triton: {account: SANDBOX.triton.account, ...triton},
      instances: {
        cloudflare: {token: SANDBOX.cloudflare.instancesToken},
        route53: instances,
        instanceProfile,
      },
    },
    addressOf: addressMap(record),
  }
}

/** Nothing listens on it: connecting is refused at once. (Port 0 would not do: clients take it for "the default".) */
const NOWHERE = {host: '127.0.0.1', port: 1}

/** One question for all that are asked at the same moment: a fleet of hundreds is probed at once. */
function addressMap(record: SandboxRecord): Sandbox['addressOf'] {
  let asked: Promise<SandboxMap> | undefined
  const ask = () => {
    asked ??= (get(record, '/map') as Promise<SandboxMap>).finally(() => {
      asked = undefined
    })
    return asked
  }
  return async (ip, servicePort) => {
    const found = (await ask()).find(entry => entry.ip === ip && entry.servicePort === servicePort)
    return found ? {host: found.host, port: found.port} : NOWHERE
  }
}
