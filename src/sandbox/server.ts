import {createHash, createPrivateKey, randomUUID} from 'node:crypto'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {identifyProcess} from '../process-identity.ts'
import {createClouds} from './clouds.ts'
import {
  discard,
  readRecord,
  type SandboxPaths,
  type SandboxPorts,
  sandboxPaths,
  writeRecord,
} from './folder.ts'
import {watchIdle} from './idle.ts'
import {claimAddresses} from './machines/addresses.ts'
import type {MachinesMode} from './machines/hypervisor.ts'
import {serveSshAgent} from './ssh-agent.ts'
import {loggedRequest, mapOf, type SandboxStatus} from './status.ts'
import {controlWire} from './wire/control.ts'
import {serveDns} from './wire/dns.ts'
import {listen} from './wire/http.ts'
import {generateTritonKey} from './world/triton/ssh-key.ts'

export type ServeOptions = {
  /** Of the fleet file. */
  readonly folder: string
  readonly machines: MachinesMode
  readonly idleMs: number
}

export type RunningSandbox = {
  /** Resolves when it is asked to stop, or nobody has used it for a while. */
  readonly over: Promise<void>
  /** Machines cut off, ports closed, everything it kept discarded. */
  end(): Promise<void>
}

/** Shorter than a successor takes to start. */
const PLACE_CHECK_MS = 500

/** Serves the clouds of one folder from this process, which must hold the folder's lock. */
export async function serveSandbox({folder, machines: mode, idleMs}: ServeOptions): Promise<RunningSandbox> {
  const id = randomUUID()
  const startedAtMs = Date.now()
  const paths = sandboxPaths(folder)
  // What a killed sandbox left: its world is gone, and its journals speak of nothing.
  discard(paths)
  mkdirSync(paths.machines, {recursive: true, mode: 0o700})

  const addresses = await claimAddresses(createHash('sha256').update(folder).digest().readUInt32BE(0))
  const key = generateTritonKey()
  writeFileSync(paths.tritonKey, key.privateKeyPem, {mode: 0o600})

  let closeOver = () => {}
  const over = new Promise<void>(resolve => {
    closeOver = resolve
  })
  const newClouds = () =>
    createClouds({
      mode,
      addresses,
      machinesFolder: paths.machines,
      tritonPublicKey: key.publicKeyOpenSsh,
      metadataUrlOf: instance => `${metadata.url}/${instance}`,
      visited: () => idle.touch(),
    })
  // The servers hold on to the variable, not to the world: a reset changes what they speak of.
  let clouds = newClouds()
  const idle = watchIdle({
    limitMs: idleMs,
    now: Date.now,
    requests: () => clouds.world.calls.records,
    isMachine: addresses.isMachine,
    ended: closeOver,
  })

  const aws = await listen(request => clouds.wires.aws(request))
  const triton = await listen(request => clouds.wires.triton(request))
  const cloudflare = await listen(request => clouds.wires.cloudflare(request))
  const metadata = await listen(request => clouds.wires.metadata(request))
  const cloudflareDns = await serveDns((name, type) => {
    idle.touch()
    return clouds.world.cloudflare.answer(name, type)
  })
  const route53Dns = await serveDns((name, type) => {
    idle.touch()
    return clouds.world.route53.answer(name, type)
  })
  const answerControl = controlWire({
    id,
    status,
    map: () => mapOf(clouds.machines.list()),
    stop: () => void setImmediate(closeOver),
    revokeInstanceCredentials: () => clouds.revokeInstanceCredentials(),
    addFault: order => clouds.world.calls.plan.add(order),
    listFaults: () => clouds.world.calls.plan.list(),
    clearFaults: id => clouds.world.calls.plan.clear(id),
    async reset() {
      // Whoever still waits for an answer gets one.
      clouds.world.calls.plan.clear()
      await clouds.machines.end()
      rmSync(paths.journals, {recursive: true, force: true})
      rmSync(paths.machines, {recursive: true, force: true})
      clouds = newClouds()
    },
  })
  const control = await listen(request => {
    idle.touch()
    return answerControl(request)
  })
  const agent = await openAgent(paths, key.privateKeyPem)

  const ports: SandboxPorts = {
    aws: aws.port,
    triton: triton.port,
    cloudflare: cloudflare.port,
    metadata: metadata.port,
    control: control.port,
    dns: {cloudflare: cloudflareDns.port, route53: route53Dns.port},
  }
  writeRecord(paths, {
    id,
    process: identifyProcess() ?? {pid: process.pid, startedAt: '', bootId: ''},
    startedAtMs,
    machines: mode,
    idleMs,
    ports,
    triton: {
      keyId: key.md5Fingerprint,
      keyFile: paths.tritonKey,
      ...(agent && {agentSocket: agent.path}),
    },
  })

  // A folder that was removed, perhaps with a successor in it by now: nobody would find this sandbox again.
  const isInPlace = () => readRecord(paths)?.id === id
  const placeCheck = setInterval(() => {
    if (!isInPlace()) closeOver()
  }, PLACE_CHECK_MS)

  function status(): SandboxStatus {
    const {calls} = clouds.world
    return {
      id,
      pid: process.pid,
      startedAt: new Date(startedAtMs).toISOString(),
      machines: mode,
      idleMs,
      idleForMs: idle.forMs(),
      calls: Object.fromEntries([...calls.counts].sort(([a], [b]) => a.localeCompare(b))),
      instances: clouds.machines.list(),
      faults: calls.plan.list(),
      requests: calls.records.map(loggedRequest),
    }
  }

  return {
    over,
    async end() {
      idle.stop()
      clearInterval(placeCheck)
      await clouds.machines.end()
      const servers = [aws, triton, cloudflare, metadata, control, cloudflareDns, route53Dns, addresses]
      await Promise.all([...servers, ...(agent ? [agent] : [])].map(server => server.close()))
      if (isInPlace()) discard(paths)
    },
  }
}

/** A socket's path has little room (104 bytes on macOS): a deep folder gets one in the temporary folder. None on Windows. */
const SOCKET_PATH_MAX_BYTES = 100

async function openAgent(
  {agentSocket}: SandboxPaths,
  privateKeyPem: string,
): Promise<{path: string; close(): Promise<void>} | undefined> {
  if (process.platform === 'win32') return undefined
  const fits = Buffer.byteLength(agentSocket) <= SOCKET_PATH_MAX_BYTES
  const path = fits ? agentSocket : join(mkdtempSync(join(tmpdir(), 'mcd-')), 'agent.sock')
  const agent = await serveSshAgent(createPrivateKey(privateKeyPem), {comment: 'mcd sandbox', path})
  return {
    path,
    async close() {
      await agent.close()
      if (!fits) rmSync(dirname(path), {recursive: true, force: true})
    },
  }
}
