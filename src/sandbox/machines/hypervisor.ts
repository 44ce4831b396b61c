import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {Guest, Hypervisor} from '../world/hypervisor.ts'
import type {Addresses} from './addresses.ts'
import type {MachineHandle, MachineListener} from './handle.ts'
import {startProcessMachine} from './process-machine.ts'
import {runScript} from './run-script.ts'
import {scriptQueue, startSharedMachine} from './shared-machine.ts'
import type {MachineNews, MachineSpec, Registration, Serving} from './spec.ts'

/** `auto`: processes up to 20, beyond that shared (decision 39). */
export type MachinesMode = 'auto' | 'processes' | 'shared'

export type MachineStatus = {
  readonly id: string
  readonly cloud: Guest['cloud']
  readonly name: string
  readonly publicIp: string
  readonly privateIp: string
  /** `crashed`: it ended without being told to. */
  readonly power: 'on' | 'going-down' | 'off' | 'crashed'
  readonly pid?: number
  /** Where its service really is; absent while it does not serve. */
  readonly serving?: Serving
  readonly registration: Registration
}

export type Machines = Hypervisor & {
  list(): MachineStatus[]
  /** Cuts every machine off and boots none any more. Resolves when all are gone. */
  end(): Promise<void>
}

export type MachinesOptions = {
  readonly mode: MachinesMode
  readonly addresses: Addresses
  /** Each machine's file system lies below it. */
  readonly folder: string
  metadataUrlOf(id: string): string
  /** Somebody looked at a machine's page. */
  visited(): void
}

type Machine = {
  readonly guest: Guest
  /** Absent only while it is being switched on. */
  handle?: MachineHandle
  power: MachineStatus['power']
  serving?: Serving | undefined
  registration: Registration
  /** Called once when it is off. */
  down?: (() => void) | undefined
}

const AUTO_PROCESSES = 20
const SCRIPTS_AT_ONCE = 4
const CONSOLE_CHARACTERS = 64 * 1024

/** Real machines for the world: each guest boots as a process of its own, or inside this one. */
export function createMachines({mode, addresses, folder, metadataUrlOf, visited}: MachinesOptions): Machines {
  const machines = new Map<string, Machine>()
  const consoles = new Map<string, string>()
  const startScript = scriptQueue(SCRIPTS_AT_ONCE, runScript)
  let hasEnded = false
  let allGone = () => {}

  const living = () => [...machines.values()].filter(({power}) => power === 'on' || power === 'going-down')
  const wantsProcess = () =>
    mode === 'processes' ||
    (mode === 'auto' && living().filter(({handle}) => handle?.pid !== undefined).length < AUTO_PROCESSES)

  function boot(guest: Guest): void {
    if (hasEnded) return
    const spec = specOf(guest)
    mkdirSync(spec.root, {recursive: true, mode: 0o700})
    const machine: Machine = {guest, power: 'on', registration: 'none'}
    const listener = listenerFor(machine)
    const wantsOwn = wantsProcess()
    machines.set(guest.id, machine)
    machine.handle = wantsOwn
      ? startProcessMachine(spec, listener)
      : startSharedMachine(spec, listener, startScript)
  }

  function specOf({userdata, ...guest}: Guest): MachineSpec {
    const ownHost = addresses.own && guest.publicIp !== ''
    return {
      ...guest,
      userdataBase64: Buffer.from(userdata).toString('base64'),
      root: join(folder, guest.id),
      host: ownHost ? guest.publicIp : '127.0.0.1',
      ownHost,
      metadataUrl: metadataUrlOf(guest.id),
    }
  }

  /** Bound to this boot: after a reboot the same id names another machine. */
  function listenerFor(machine: Machine): MachineListener {
    const {id} = machine.guest
    return {
      print: text => void consoles.set(id, ((consoles.get(id) ?? '') + text).slice(-CONSOLE_CHARACTERS)),
      tell: news => noteNews(machine, news),
      gone: () => noteGone(machine),
    }
  }

  function noteNews(machine: Machine, news: MachineNews): void {
    if (news.kind === 'visited') visited()
    else if (news.kind === 'serving') machine.serving = news.serving
    else machine.registration = news.registration
  }

  function noteGone(machine: Machine): void {
    machine.power = machine.power === 'going-down' ? 'off' : 'crashed'
    machine.serving = undefined
    machine.down?.()
    if (hasEnded && living().length === 0) allGone()
  }

  return {
    address: () => addresses.take(),
    release: address => addresses.release(address),
    boot,
    shutdown(id, down) {
      const machine = machines.get(id)
      // One that crashed is down already; so says the world soon after, never within its own call.
      if (machine?.power !== 'on') return void setImmediate(down)
      machine.power = 'going-down'
      machine.down = down
      machine.handle?.shutdown()
    },
    kill(id) {
      const machine = machines.get(id)
      if (machine?.power !== 'on' && machine?.power !== 'going-down') return
      machine.power = 'going-down'
      machine.handle?.kill()
    },
    setServing: (id, serves) => machines.get(id)?.handle?.setServing(serves),
    console: id => consoles.get(id) ?? '',
    list: () => [...machines.values()].map(statusOf),
    async end() {
      hasEnded = true
      const left = living()
      const gone = new Promise<void>(resolve => {
        allGone = resolve
      })
      for (const machine of left) {
        machine.power = 'going-down'
        machine.handle?.kill()
      }
      if (left.length > 0) await gone
      for (const {guest} of machines.values()) addresses.release(guest.publicIp)
    },
  }
}

function statusOf({guest, handle, power, serving, registration}: Machine): MachineStatus {
  const {id, cloud, name, publicIp, privateIp} = guest
  return {
    id,
    cloud,
    name,
    publicIp,
    privateIp,
    power,
    ...(handle?.pid !== undefined && power !== 'off' && power !== 'crashed' && {pid: handle.pid}),
    ...(serving && {serving}),
    registration,
  }
}
