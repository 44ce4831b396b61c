import {attributeWarnings, writeAttributes} from '../../dns/sd/txt.ts'
import {formatDuration} from '../../duration.ts'
import {formatPath, type Path} from './mistake.ts'
import {isLoopback} from './receivers.ts'
import {dnsBlocks, type FileData} from './schema.ts'
import {PROXIED_TTL_SECONDS} from './schema-dns.ts'

/** What a correct file asks for and does not get in this version, and what it may regret: one sentence each, in file order. */
export function warningsOf(data: FileData, variablesOf: (path: Path) => readonly string[]): string[] {
  return [
    ...emptyVariables(data, variablesOf),
    ...unusedGroupKeys(data),
    ...idleFailover(data),
    ...unusedDnsKeys(data),
    ...publicTexts(data),
    ...shortDrain(data),
    ...plainReceivers(data),
  ]
}

/** Free values may be empty, and this is more often a secret that the pipeline does not have. */
function emptyVariables(
  {userdata, groups}: FileData,
  variablesOf: (path: Path) => readonly string[],
): string[] {
  const free: [Path, object][] = [
    [['userdata', 'vars'], userdata.vars],
    ...Object.entries(groups).map(([name, group]): [Path, object] => [
      ['groups', name, 'metadata'],
      'metadata' in group ? group.metadata : {},
    ]),
  ]
  return free.flatMap(([at, values]) =>
    Object.entries(values).flatMap(([key, value]) => {
      const path = [...at, key]
      const [name] = value === '' ? variablesOf(path) : []
      return name === undefined
        ? []
        : [
            `${formatPath(path)} is empty, since the environment variable ${name} is: instances get nothing there.`,
          ]
    }),
  )
}

function unusedGroupKeys(data: FileData): string[] {
  const blocks = dnsBlocks(data).map(({block}) => block)
  if (blocks.some(({discovery}) => discovery)) return []
  const isWeighted = blocks.some(block => block.provider === 'route53' && block.routing === 'weighted')
  const unused = isWeighted ? (['priority'] as const) : (['weight', 'priority'] as const)
  const others = (key: string) => (key === 'weight' ? ' or "routing: weighted"' : '')
  return Object.entries(data.groups).flatMap(([name, group]) =>
    unused
      .filter(key => group[key] !== undefined)
      .map(
        key =>
          `groups.${name}.${key} is not used: it is for SRV values, and no dns block has "discovery"${others(key)}.`,
      ),
  )
}

/** A floor that the other group reaches by itself. */
function idleFailover({groups}: FileData): string[] {
  return Object.entries(groups).flatMap(([name, {failover}]) => {
    const heir = failover && groups[failover.to]
    if (!heir || failover.floor > heir.count) return []
    return [
      `groups.${name}.failover never sets in: ${failover.to} has ${heir.count}, and a floor of ${failover.floor} asks for no more.`,
    ]
  })
}

function unusedDnsKeys(data: FileData): string[] {
  return dnsBlocks(data).flatMap(({block, at}) => {
    const where = formatPath(at)
    const sentences: string[] = []
    if (block.provider === 'cloudflare' && block.proxied && block.ttl > PROXIED_TTL_SECONDS * 1_000)
      sentences.push(
        `${where}.ttl is not used: CloudFlare publishes proxied names with ${formatDuration(PROXIED_TTL_SECONDS * 1_000)}.`,
      )
    return sentences
  })
}

/** TXT records are public: no value of them is repeated here. */
function publicTexts(data: FileData): string[] {
  return dnsBlocks(data).flatMap(({block, at}) =>
    attributeWarnings(writeAttributes(Object.entries(block.discovery?.txt ?? {}))).map(
      warning => `${formatPath([...at, 'discovery', 'txt'])} ${warning}.`,
    ),
  )
}

/** Accepted, since a test fleet may not care; but whoever does care should read it in every plan (decision 19). */
function shortDrain(data: FileData): string[] {
  const {wait} = data.drain
  if (wait === 'auto') return []
  const longestMs = Math.max(
    ...dnsBlocks(data).map(({block}) =>
      block.provider === 'cloudflare' && block.proxied ? PROXIED_TTL_SECONDS * 1_000 : block.ttl,
    ),
  )
  if (wait >= longestMs) return []
  return [
    `drain.wait (${formatDuration(wait)}) is shorter than the TTL (${formatDuration(longestMs)}): instances end while resolvers still answer with them.`,
  ]
}

/** Whoever is on the way reads the message, and its address, which may be all it takes to write there. */
function plainReceivers({notify = []}: FileData): string[] {
  return notify.flatMap(({url}, index) => {
    const {protocol, host, hostname} = URL.parse(url) ?? {}
    if (protocol !== 'http:' || hostname === undefined || isLoopback(hostname)) return []
    return [
      `${formatPath(['notify', index, 'url'])}: what ${host} is told goes there over plain http, for all on the way to read.`,
    ]
  })
}
