import {expect, test} from 'vitest'
import {filesUnder, readSource, type Source} from './source.ts'

const sources = filesUnder('src')
  .filter(path => path.endsWith('.ts'))
  .map(readSource)
const under = (...folders: string[]) =>
  sources.filter(({path}) => folders.some(folder => path.startsWith(folder)))
const importsOf = (files: Source[], forbidden: RegExp) =>
  files.flatMap(({path, imports}) =>
    imports.filter(({target}) => forbidden.test(target)).map(({target}) => `${path} imports ${target}`),
  )

const ADAPTER = /^src\/providers\/[^/]+\//

test('topics know no adapter, no command and no sandbox', () => {
  const topics = under('src/fleet/', 'src/journal/', 'src/userdata/', 'src/dns/')
  expect(topics.length).toBeGreaterThan(5)
  expect(importsOf(topics, ADAPTER)).toEqual([])
  expect(
    importsOf(
      topics,
      /^src\/(commands|command-line|runs|surroundings|sandbox|output)\/|^src\/main\.ts|^src\/providers\/registry\.ts/,
    ),
  ).toEqual([])
})

test('what a run is made of, and what says what it came to, knows no run and no command', () => {
  const parts = under('src/check/', 'src/doctor/', 'src/output/', 'src/state/', 'src/surroundings/')
  expect(importsOf(parts, /^src\/(commands|runs)\//)).toEqual([])
})

test('adapters and their interfaces know no topic and no command', () => {
  // Asking a name server is a protocol, as HTTP is: whoever must see what a vendor's servers answer speaks it, and writes its names.
  const topics =
    /^src\/(?:(?:fleet|journal|userdata|commands|output|sandbox)\/|dns\/(?!(?:query|presentation|ipv6)\.ts$))/
  expect(importsOf(under('src/providers/'), topics)).toEqual([])
})

test('one adapter knows no other', () => {
  const others = under('src/providers/').flatMap(({path, imports}) => {
    const [own] = ADAPTER.exec(path) ?? []
    return imports
      .filter(({target}) => own && ADAPTER.test(target) && !target.startsWith(own))
      .map(({target}) => `${path} imports ${target}`)
  })
  expect(others).toEqual([])
})

test('the sandbox does not know the adapters it is there to test', () => {
  expect(importsOf(under('src/sandbox/'), ADAPTER)).toEqual([])
})

test('only commands, what stands in for the clouds there and what opens a journal know the sandbox', () => {
  const others = sources.filter(
    ({path}) => !/^src\/(commands|sandbox)\/|^src\/(?:surroundings\/in-sandbox|state\/open)\.ts$/.test(path),
  )
  expect(importsOf(others, /^src\/sandbox\//)).toEqual([])
})

test('the engine and the providers know time and chance by the runtime alone', () => {
  const clock =
    /\bDate\.now\b|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\b|\bMath\.random\b|\brandomUUID\b|\bperformance\.now\b|\bAbortSignal\.timeout\b|'(?:node:)?timers(?:\/promises)?'/g
  const found = under('src/fleet/', 'src/providers/').flatMap(({path, code}) =>
    [...code.matchAll(clock)].map(([word]) => `${path}: ${word}`),
  )
  expect(found).toEqual([])
})

test('the engine asks what a vendor can do, never who it is', () => {
  const engine = under('src/fleet/').filter(({path}) => !path.startsWith('src/fleet/file/'))
  const found = engine.flatMap(({path, code}) =>
    [...code.matchAll(/'(?:aws|joyent|cloudflare|route53)'/g)].map(([word]) => `${path}: ${word}`),
  )
  expect(found).toEqual([])
})

test('no module needs itself to start', () => {
  expect(
    cyclesIn(sources, ({path, imports}) => [
      path,
      imports.filter(({typeOnly}) => !typeOnly).map(({target}) => target),
    ]),
  ).toEqual([])
})

test.each(['src', 'src/fleet', 'src/providers', 'src/sandbox'])(
  'in %s no room knows one that knows it, be it for a type',
  house => {
    const depth = house.split('/').length + 1
    const roomOf = (path: string): string => path.split('/').slice(0, depth).join('/')
    const isHere = (path: string) => path.startsWith(`${house}/`)
    const files = sources.filter(({path}) => isHere(path))
    expect(files.length).toBeGreaterThan(50)
    expect(
      cyclesIn(files, ({path, imports}) => [
        roomOf(path),
        imports.flatMap(({target}) => (isHere(target) ? [roomOf(target)] : [])),
      ]),
    ).toEqual([])
  },
)

/** Ways from a node back to itself, by the names that each file stands for and leads to. */
function cyclesIn(files: readonly Source[], read: (file: Source) => [from: string, to: string[]]): string[] {
  const targets = new Map<string, Set<string>>()
  for (const [from, to] of files.map(read)) {
    const known = targets.get(from) ?? new Set()
    targets.set(from, known)
    for (const each of to) if (each !== from) known.add(each)
  }
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) return void cycles.push([...way.slice(way.indexOf(node)), node].join(' → '))
    if (done.has(node)) return
    for (const target of targets.get(node) ?? []) visit(target, [...way, node])
    done.add(node)
  }
  for (const node of targets.keys()) visit(node, [])
  return cycles
}
