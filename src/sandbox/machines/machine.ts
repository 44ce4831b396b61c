import {powerOn} from './life.ts'
import {runScript} from './run-script.ts'
import type {MachineNews, MachineOrder} from './spec.ts'

/** The program of one machine: boots on the first order, ends on the last, and at once when the sandbox is gone. */

const tell = (news: MachineNews) => {
  if (process.connected) process.send?.(news)
}
// The sandbox reads both; when it is gone there is nobody left to tell.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})
process.once('disconnect', () => process.exit(0))

process.once('message', first => {
  const order = first as MachineOrder
  if (order.kind !== 'boot') return process.exit(0)
  const life = powerOn(order.spec, {
    tell,
    startScript: runScript,
    print: text => void process.stdout.write(text),
  })
  const shutdown = () => void life.shutdown().then(() => process.exit(0))
  process.on('message', message => {
    const next = message as MachineOrder
    if (next.kind === 'serve') life.setServing(next.serves)
    else shutdown()
  })
  process.once('SIGTERM', shutdown)
})
