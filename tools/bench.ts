/**
 * How fast mcd is, as ratios: against `node -e 0` on the same machine for what a person waits for, and ten times the work
 * against the work for what must grow evenly. The commands take turns, so that whatever else the machine does meets all of them.
 *
 *     npm run build && npm run bench
 *     npm run bench -- --rounds 31
 */
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {plan} from '../src/fleet/plan/plan.ts'
import type {JournalEvent, StoredEvent} from '../src/journal/events.ts'
import {fold} from '../src/journal/fold.ts'
import {desired, fleet, group, instance, observed, record, recorded} from '../test/support/fleet-builder.ts'

const MCD = join(import.meta.dirname, '../bin/mcd.js')
const FOUND = {group: 'virginia', launch: 'l-1', spec: 's-1'}
const {values: flags} = parseArgs({options: {rounds: {type: 'string', default: '15'}}})
const rounds = Math.max(3, Number(flags.rounds) || 0)

/** What each may take, against `node -e 0`. */
const COMMANDS = [
  {name: 'mcd --version', args: [MCD, '--version'], bar: 1.3},
  {name: 'mcd --help', args: [MCD, '--help'], bar: 3},
  {name: 'mcd status --help', args: [MCD, 'status', '--help'], bar: 3},
  {name: 'mcd history (no run yet)', args: [MCD, 'history'], bar: 3},
]

const folder = mkdtempSync(join(tmpdir(), 'mcd-bench-'))
try {
  writeFileSync(join(folder, 'mcd.yaml'), smallFleet())
  printStartUp()
  printGrowth('plan of a fleet as declared', 1_000, planOf)
  printGrowth('what a journal says', 1_000, readJournal)
} finally {
  rmSync(folder, {recursive: true, force: true})
}

function printStartUp(): void {
  const took = new Map<string, number[]>()
  const time = (name: string, args: readonly string[]) => {
    const startMs = performance.now()
    spawnSync(process.execPath, args, {cwd: folder, stdio: 'ignore'})
    took.set(name, [...(took.get(name) ?? []), performance.now() - startMs])
  }
  for (let round = 0; round < rounds; round++) {
    time('node -e 0', ['-e', '0'])
    for (const {name, args} of COMMANDS) time(name, args)
  }
  const base = median(took.get('node -e 0') ?? [])
  console.log(`start-up, against node -e 0 (${base.toFixed(0)} ms), median of ${rounds}:`)
  for (const {name, bar} of COMMANDS) {
    const ratio = median(took.get(name) ?? []) / base
    console.log(`  ${name.padEnd(32)} ${ratio.toFixed(2)}  (bar ${bar})`)
  }
}

/** Ten times the work takes about ten times as long: what grows faster will stand still some day. */
function printGrowth(name: string, size: number, work: (size: number) => void): void {
  const [small, large] = [size, size * 10].map(count => {
    work(count)
    const all = Array.from({length: Math.min(rounds, 9)}, () => {
      const startMs = performance.now()
      work(count)
      return performance.now() - startMs
    })
    return median(all)
  })
  if (small === undefined || large === undefined) return
  console.log(
    `${name}: ${size} in ${small.toFixed(1)} ms, ${size * 10} in ${large.toFixed(1)} ms: ${(large / small).toFixed(1)} times as long for 10 times as many`,
  )
}

function planOf(count: number): void {
  const instances = Array.from({length: count}, (_, index) =>
    instance(`i-${index}`, {publicIp: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`}),
  )
  const seen = observed({instances, members: instances.map(each => record(each))})
  plan(desired(fleet([group('virginia', count)])), recorded(), seen, 'bench')
}

function readJournal(count: number): void {
  fold(
    Array.from({length: count}, (_, index): StoredEvent => {
      const event: JournalEvent =
        index % 2 === 0
          ? {type: 'instances-found', place: 'aws:us-east-1', instances: [{...FOUND, id: `i-${index}`}]}
          : {type: 'lease-renewed'}
      return {sequence: index + 1, atMs: index, run: 'bench', event}
    }),
  )
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

function smallFleet(): string {
  return [
    'fleet: bench',
    'service: {port: 80}',
    'userdata: {template: nginx, vars: {title: bench}}',
    'groups:',
    '  virginia: {provider: aws, region: us-east-1, count: 2, type: t3.micro, image: ubuntu-24.04}',
    'dns: {provider: route53, zone: example.com, name: www, registration: mcd}',
    '',
  ].join('\n')
}
