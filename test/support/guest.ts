import {type ChildProcess, spawn} from 'node:child_process'
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {onTestFinished} from 'vitest'
import type {Group, HealthCheck} from '../../src/fleet/model.ts'
import {cloudflareWire} from '../../src/sandbox/wire/cloudflare.ts'
import {listen, type Wire, type WireReply, type WireRequest} from '../../src/sandbox/wire/http.ts'
import {route53Wire} from '../../src/sandbox/wire/route53.ts'
import {realClock} from '../../src/sandbox/world/clock.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import type {RecordSet} from '../../src/sandbox/world/route53/record-set.ts'
import {createWorld} from '../../src/sandbox/world/world.ts'
import {Secret} from '../../src/secret.ts'
import {reveal} from '../../src/userdata/fill.ts'
import {loadRegistration, type RegistrationFiles} from '../../src/userdata/registration/files.ts'
import {type RegistrationName, registrationEndpoint} from '../../src/userdata/registration/names.ts'
import {registrationPart} from '../../src/userdata/registration/part.ts'
import {AWS, groupIn, webFleet} from './userdata-fleet.ts'

/** A request as it came, and a way to answer it before the wire does. */
export type Seen = Pick<WireRequest, 'method' | 'path' | 'rawQuery' | 'headers'> & {body: string}
type Tamper = (request: Seen) => WireReply | undefined

/**
 * Both DNS vendors with the zone example.com, every request seen, and nothing going wrong but by `tamper`. Their time runs
 * `pace` times as fast: Route53 takes five calls a second, and refuses signatures that are five minutes off.
 */
export async function dnsVendors({pace = 1}: {pace?: number} = {}) {
  const startedMs = realClock.now()
  const world = createWorld({
    clock: {...realClock, now: () => startedMs + (realClock.now() - startedMs) * pace},
    random: Math.random,
    hypervisor: idleHypervisor(),
    delays: {dnsServedMs: 0},
  })
  const cloudflare = await serve(cloudflareWire(world))
  const route53 = await serve(route53Wire(world))
  const zone = world.cloudflare.zone(SANDBOX.zone) ?? missing()
  const hosted = world.route53.zone(SANDBOX.zone) ?? missing()
  const operator = {token: SANDBOX.cloudflare.operatorToken}
  return {
    world,
    cloudflare: Object.assign(cloudflare, {
      name: {
        vendor: 'cloudflare',
        endpoint: registrationEndpoint('cloudflare', zone.id, `${cloudflare.url}/client/v4`),
        name: 'www.example.com',
        ttlSeconds: 60,
        proxied: false,
        address: 'public',
        credentials: {
          kind: 'token',
          token: new Secret(SANDBOX.cloudflare.instancesToken, 'env:WEB_DNS_TOKEN'),
        },
      } satisfies RegistrationName as RegistrationName,
      create: (record: object) => world.cloudflare.createRecord(operator, zone.id, {ttl: 60, ...record}).id,
      remove: (id: string) => world.cloudflare.deleteRecord(operator, zone.id, id),
      /** Type, name, content, TTL and comment of every record. */
      records: () =>
        [...zone.records.values()].map(
          ({type, name, content, ttl, comment}) => `${type} ${name} ${content} ${ttl} ${comment}`,
        ),
      ids: () => [...zone.records.keys()],
    }),
    route53: Object.assign(route53, {
      zoneId: hosted.id,
      name: {
        vendor: 'route53',
        endpoint: registrationEndpoint('route53', hosted.id, route53.url),
        name: 'www.example.com',
        ttlSeconds: 5,
        proxied: false,
        address: 'public',
        credentials: {
          kind: 'keys',
          accessKeyId: new Secret(SANDBOX.aws.instances.accessKeyId, 'env:WEB_KEY'),
          secretAccessKey: new Secret(SANDBOX.aws.instances.secretAccessKey, 'env:WEB_SECRET'),
        },
      } satisfies RegistrationName as RegistrationName,
      change: (action: string, name: string, type: string, values: string[], more: object = {}) =>
        world.route53.changeRecordSets({name: 'operator'}, hosted.id, [
          {action, recordSet: {name, type, ttlSeconds: 5, values, ...more}},
        ]),
      /** Every set of ours and the test's. */
      sets: () => ownSets(hosted.sets),
      /** Their type, name, values, TTL and set identifier. */
      records: () =>
        ownSets(hosted.sets).map(
          ({type, name, values, ttlSeconds, setIdentifier}) =>
            `${type} ${name} ${values} ${ttlSeconds} ${setIdentifier}`,
        ),
    }),
  }
}

const ownSets = (zone: ReadonlyMap<string, readonly RecordSet[]>): RecordSet[] =>
  [...zone.values()].flat().filter(({type}) => type !== 'NS' && type !== 'SOA')

export type DnsVendors = Awaited<ReturnType<typeof dnsVendors>>

/** Serves a wire until the test ends, and lets the test see and answer every request. */
export async function serve(wire: Wire) {
  const state: {seen: Seen[]; tamper: Tamper} = {seen: [], tamper: () => undefined}
  const {url, port, close} = await listen(async request => {
    const seen = {...request, body: request.body.toString()}
    state.seen.push(seen)
    return state.tamper(seen) ?? wire(request)
  })
  onTestFinished(close)
  return Object.assign(state, {url, port, close})
}

/** The service that is to be registered. */
export const webServer = () => serve(() => ({status: 200, body: 'hello\n'}))

/** EC2's metadata service: version 2 only, unless `version1`. */
export async function metadataService(facts: Record<string, string>, {version1 = false} = {}) {
  const tree: Record<string, string> = {
    'instance-id': 'i-0abc',
    'ami-launch-index': '0',
    'public-ipv4': '192.0.2.10',
    'local-ipv4': '10.0.0.10',
    ...facts,
  }
  const served = await serve(({method, path, headers}) => {
    if (path === '/latest/api/token' && !version1) {
      if (method !== 'PUT' || !headers['x-aws-ec2-metadata-token-ttl-seconds']) return {status: 400}
      return {status: 200, body: 'metadata-token'}
    }
    if (!version1 && headers['x-aws-ec2-metadata-token'] !== 'metadata-token') return {status: 401}
    const value = tree[path.replace('/latest/meta-data/', '')]
    return value === undefined ? {status: 404} : {status: 200, body: value}
  })
  return Object.assign(served, {tree})
}

export type GuestOptions = {
  readonly names: readonly RegistrationName[]
  readonly metadataUrl?: string
  readonly servicePort: number
  readonly group?: Group
  /** Of its health check. */
  readonly protocol?: HealthCheck['protocol']
  readonly files?: RegistrationFiles
  /** The shell that runs it: `['dash']`, `['busybox', 'sh']`. */
  readonly shell?: readonly string[]
}

export type Run = {readonly status: number | null; readonly output: string}

/** A root folder with the registration installed by its own installer, and everything to run it with. */
export async function guest(options: GuestOptions) {
  const {
    names,
    metadataUrl = 'http://127.0.0.1:9',
    servicePort,
    group = groupIn(AWS),
    protocol = 'http',
    shell = ['sh'],
  } = options
  const root = mkdtempSync(join(tmpdir(), 'mcd-guest-'))
  onTestFinished(() => rmSync(root, {recursive: true, force: true}))
  const fleet = webFleet({
    service: {
      port: servicePort,
      health: {
        protocol,
        path: '/health',
        intervalMs: 100,
        timeoutMs: 2_000,
        healthy: 2,
        unhealthy: 3,
      },
    },
  })
  const installer =
    registrationPart(options.files ?? loadRegistration(), fleet, group, names, reveal) ?? missing()
  const environment: Record<string, string> = {
    PATH: `${join(root, 'bin')}:${process.env.PATH}`,
    HOME: root,
    MCD_ROOT: root,
    MCD_METADATA_URL: metadataUrl,
    MCD_START_WITHIN: '1',
  }

  const start = (command: readonly string[]): {child: ChildProcess; ended: Promise<Run>} => {
    const [program = 'sh', ...rest] = [...shell, ...command]
    const child = spawn(program, rest, {env: environment, stdio: ['ignore', 'pipe', 'pipe']})
    let output = ''
    child.stdout.setEncoding('utf8').on('data', text => (output += text))
    child.stderr.setEncoding('utf8').on('data', text => (output += text))
    onTestFinished(() => void child.kill('SIGKILL'))
    return {child, ended: new Promise(resolve => child.on('close', status => resolve({status, output})))}
  }
  const script = join(root, 'usr/local/lib/mcd/mcd-registration')
  const write = (path: string, content: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), mode)
  }

  write('installer', installer)
  const installed = await start([join(root, 'installer')]).ended
  if (installed.status !== 0) throw new Error(`the installer failed: ${installed.output}`)
  return {
    root,
    environment,
    installer,
    start: (...words: string[]) => start([script, ...words]),
    run: (...words: string[]) => start([script, ...words]).ended,
    write,
    /** Puts a program before others of its name. */
    program: (name: string, text: string) => write(`bin/${name}`, `#!/bin/sh\n${text}\n`, 0o755),
    read: (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''),
    exists: (path: string) => existsSync(join(root, path)),
    log: () => readFileSync(join(root, 'var/log/mcd-registration.log'), 'utf8'),
    /** A machine that starts anew: memory is empty, disks are as they were. */
    reboot: () => rmSync(join(root, 'run'), {recursive: true, force: true}),
  }
}

function missing(): never {
  throw new Error('the test asks for something that is not there')
}
