import {fork} from 'node:child_process'
import {programPath} from '../programs.ts'
import type {MachineHandle, MachineListener} from './handle.ts'
import type {MachineNews, MachineOrder, MachineSpec} from './spec.ts'

/** A machine as a process of its own. It ends with us, however we end: the closed channel tells it. */
export function startProcessMachine(spec: MachineSpec, listener: MachineListener): MachineHandle {
  const child = fork(programPath('machine'), [spec.id], {
    cwd: spec.root,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  child.stdout?.setEncoding('utf8').on('data', listener.print)
  child.stderr?.setEncoding('utf8').on('data', listener.print)
  child.on('message', news => listener.tell(news as MachineNews))

  let isGone = false
  const gone = () => {
    if (isGone) return
    isGone = true
    listener.gone()
  }
  child.once('exit', gone)
  child.once('error', error => {
    listener.print(`mcd sandbox: ${error.message}\n`)
    // A process that never came to be has no exit to wait for.
    if (child.pid === undefined) gone()
  })

  const order = (message: MachineOrder) => {
    // It may have died a moment ago: its exit is on its way.
    if (child.connected) child.send(message, () => {})
  }
  order({kind: 'boot', spec})
  return {
    pid: child.pid,
    setServing: serves => order({kind: 'serve', serves}),
    shutdown: () => order({kind: 'shutdown'}),
    kill: () => void child.kill('SIGKILL'),
  }
}
