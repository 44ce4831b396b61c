/** One TCP socket as a machine's own tools show it. Addresses are as they are written there, IPv4 in IPv6 as IPv4. */
type Socket = {readonly localPort: number; readonly peer: string; readonly state: string}

/** What the script on the machine prints around its socket table. */
export const TABLE_MARK = {from: 'mcd-from', table: 'mcd-table', end: 'mcd-end'} as const

/** Nobody has come so far, or nobody is there any more. Everything else has data to lose, or had a moment ago. */
const UNUSED = /^(?:LISTEN|SYN.*|NEW.SYN.*|CLOSED?|IDLE|BOUND|UNCONN)$/

/**
 * How many use a port, out of the script's answer: without those from where the script was asked (mcd), and without the
 * machine's own programs, which come over loopback (the registration script's health check). Undefined when it is no whole
 * answer: half a table is not an empty one.
 */
export function countUses(answer: string, port: number): number | undefined {
  const lines = answer.split(/\r?\n/)
  const at = lines.findIndex(line => line.startsWith(`${TABLE_MARK.table} `))
  const end = lines.indexOf(TABLE_MARK.end, at)
  if (at < 0 || end < 0) return undefined
  const asker = lines.find(line => line.startsWith(`${TABLE_MARK.from} `))?.split(' ')[1] ?? ''
  return lines
    .slice(at + 1, end)
    .flatMap(line => readSocket(line) ?? [])
    .filter(({localPort, state}) => localPort === port && !UNUSED.test(state))
    .filter(({peer}) => !isLoopback(peer) && peer !== plainAddress(asker)).length
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

/** A line of any of the tables: they cannot be mistaken for one another. */
const readSocket = (line: string): Socket | undefined =>
  readProcLine(line) ?? readSsLine(line) ?? readSolarisLine(line)

/** `ss -tn`: `ESTAB 0 0 192.0.2.7:80 198.51.100.9:51234`; the state is left out where it was asked for alone. */
function readSsLine(line: string): Socket | undefined {
  const [, state = '', local, peer] =
    /^\s*(?:([A-Z][A-Z0-9-]+)\s+)?\d+\s+\d+\s+(\S+:\d+)\s+(\S+:\d+)(?:\s|$)/.exec(line) ?? []
  if (local === undefined || peer === undefined) return undefined
  return {localPort: numberAfter(local, ':'), peer: addressBefore(peer, ':'), state}
}

/** illumos, `netstat -n`: `192.0.2.7.80 198.51.100.9.51234 64240 0 128872 0 ESTABLISHED`, and an interface behind it for IPv6. */
function readSolarisLine(line: string): Socket | undefined {
  const [, local, peer, state = ''] =
    /^\s*(\S+\.\d+)\s+(\S+\.\d+)\s+\d+\s+\d+\s+\d+\s+\d+\s+([A-Z][A-Z0-9_]+)(?:\s|$)/.exec(line) ?? []
  if (local === undefined || peer === undefined) return undefined
  return {localPort: numberAfter(local, '.'), peer: addressBefore(peer, '.'), state}
}

/** Linux, include/net/tcp_states.h. */
const PROC_STATES: Readonly<Record<string, string>> = {
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '07': 'CLOSE',
  '0A': 'LISTEN',
  '0C': 'NEW_SYN_RECV',
}

/** /proc/net/tcp and tcp6: `0: 0700000A:0050 097A3364:C822 01 …`, each 32 bits of an address in the machine's byte order. */
function readProcLine(line: string): Socket | undefined {
  const [, port, peer = '', state = ''] =
    /^\s*\d+:\s+(?:[0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+([0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4}\s+([0-9A-F]{2})\s/.exec(
      line,
    ) ?? []
  if (port === undefined) return undefined
  return {localPort: Number.parseInt(port, 16), peer: procAddress(peer), state: PROC_STATES[state] ?? 'USED'}
}

/** Every machine that mcd launches is little-endian (x86, arm64). */
function procAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.flatMap(word =>
    (word.match(/../g) ?? []).reverse().map(byte => Number.parseInt(byte, 16)),
  )
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from(
    {length: 8},
    (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0),
  )
  return plainAddress(groups.map(group => group.toString(16)).join(':'))
}

const numberAfter = (endpoint: string, separator: string): number =>
  Number(endpoint.slice(endpoint.lastIndexOf(separator) + 1))

const addressBefore = (endpoint: string, separator: string): string =>
  plainAddress(endpoint.slice(0, endpoint.lastIndexOf(separator)))

/** Without brackets and scope, in the shortest spelling; IPv4 in IPv6 as IPv4. */
function plainAddress(written: string): string {
  const bare = written.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (!bare.includes(':')) return bare
  const url = URL.parse(`http://[${bare}]/`)
  const address = url ? url.hostname.slice(1, -1) : bare
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? []
  if (high === undefined || low === undefined) return address
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [first >> 8, first & 255, second >> 8, second & 255].join('.')
}
