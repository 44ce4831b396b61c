import type {MachineHandle, MachineListener} from './handle.ts'
import {type Life, powerOn} from './life.ts'
import type {RunningScript, StartScript} from './run-script.ts'
import type {MachineSpec} from './spec.ts'

/** A machine inside this process: the same life, with its scripts run a few at a time. For fleets of hundreds. */
export function startSharedMachine(
  spec: MachineSpec,
  listener: MachineListener,
  startScript: StartScript,
): MachineHandle {
  let isGone = false
  const gone = () => {
    if (isGone) return
    isGone = true
    listener.gone()
  }
  const life: Life = powerOn(spec, {...listener, startScript})
  return {
    pid: undefined,
    setServing: life.setServing,
    shutdown: () => void life.shutdown().then(gone),
    kill: () => {
      life.cut()
      // Never within the call: whoever cuts the power is not done with it yet.
      setImmediate(gone)
    },
  }
}

/** At most `limit` scripts at once; one that is told to end while it waits never starts. */
export function scriptQueue(limit: number, start: StartScript): StartScript {
  const waiting: (() => void)[] = []
  let running = 0
  const next = () => {
    if (running < limit) waiting.shift()?.()
  }
  return script => {
    let current: RunningScript | undefined
    let isCut = false
    const ended = new Promise<number | undefined>(resolve => {
      waiting.push(() => {
        if (isCut) {
          resolve(undefined)
          return next()
        }
        running++
        current = start(script)
        void current.ended.then(status => {
          running--
          resolve(status)
          next()
        })
      })
    })
    next()
    return {
      ended,
      terminate() {
        isCut = true
        current?.terminate()
      },
      kill() {
        isCut = true
        current?.kill()
      },
    }
  }
}
