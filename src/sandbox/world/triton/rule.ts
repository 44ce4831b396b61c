import {isIPv4} from 'node:net'
import type {Scalar} from './model.ts'
import {ruleInvalid} from './refusal.ts'

/**
 * The firewall's rule language: `FROM <targets> TO <targets> ALLOW|BLOCK tcp|udp|icmp PORT n`. Targets are joined by OR
 * only; there is no AND. Source: docs/rules.md and src/fwrule.jison of sdc-fwrule, for IPv4.
 */
export type Rule = {
  readonly from: readonly Target[]
  readonly to: readonly Target[]
  readonly action: 'ALLOW' | 'BLOCK'
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  /** Ports, ranges (`80-90`) or ICMP types (`8:0`), or `all`. */
  readonly ports: readonly string[]
}

export type Target =
  | {readonly kind: 'any' | 'all vms'}
  | {readonly kind: 'ip' | 'subnet' | 'vm'; readonly value: string}
  | {readonly kind: 'tag'; readonly name: string; readonly value?: string}

const MAX_TARGETS_PER_SIDE = 24
const MAX_PORTS = 24
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Throws the firewall service's refusal with the place of the first mistake. */
export function parseRule(text: string): Rule {
  const read = reader(text)
  read.word('FROM')
  const from = targets(read)
  read.word('TO')
  const to = targets(read)
  const action = read.oneOf('ALLOW', 'BLOCK')
  const protocol = read.oneOf('TCP', 'UDP', 'ICMP').toLowerCase() as Rule['protocol']
  const ports = protocol === 'icmp' ? icmpTypes(read) : portList(read)
  read.end()
  if (ports.length > MAX_PORTS) throw ruleInvalid(`A maximum of ${MAX_PORTS} ports is allowed per rule`)
  if (![...from, ...to].some(({kind}) => kind === 'tag' || kind === 'vm' || kind === 'all vms'))
    throw ruleInvalid('rule does not affect VMs')
  return {from, to, action, protocol, ports}
}

/** The one form in which the service gives a rule back. */
export function formatRule({from, to, action, protocol, ports}: Rule): string {
  const keyword = protocol === 'icmp' ? 'TYPE' : ports.some(port => port.includes('-')) ? 'PORTS' : 'PORT'
  const list =
    keyword === 'PORTS'
      ? `PORTS ${ports.join(', ')}`
      : inBrackets(
          ports.map(port => `${keyword} ${port.replace(':', ' CODE ')}`),
          ' AND ',
        )
  return `FROM ${formatTargets(from)} TO ${formatTargets(to)} ${action} ${protocol} ${list}`
}

/** Whether a rule's side means this instance. */
export function selects(
  side: readonly Target[],
  vm: {id: string; tags: Readonly<Record<string, Scalar>>},
): boolean {
  return side.some(target => {
    if (target.kind === 'all vms') return true
    if (target.kind === 'vm') return target.value === vm.id
    if (target.kind !== 'tag') return false
    const held = vm.tags[target.name]
    return held !== undefined && (target.value === undefined || String(held) === target.value)
  })
}

type Reader = ReturnType<typeof reader>

/** Words, quoted strings and punctuation, one at a time. */
function reader(text: string) {
  const tokens = [...text.matchAll(/"(?:\\.|[^"\\])*"|\d+(?:\.\d+){3}(?:\/\d+)?|[-\w]+|[^\s]/g)]
  let next = 0
  const peek = () => tokens[next]?.[0] ?? ''
  const fail = (expected: string): never => {
    const token = tokens[next]
    throw ruleInvalid(
      `Error at character ${token?.index ?? text.length}: expected: ${expected}, found: ${token ? `'${token[0]}'` : 'end of rule'}`,
    )
  }
  const take = () => {
    const token = peek()
    next++
    return token
  }
  return {
    peek,
    take,
    is: (word: string) => peek() === word || peek() === word.toLowerCase(),
    /** Keywords stand in capitals or in small letters, never mixed. */
    word(word: string): void {
      if (!this.is(word)) fail(`'${word}'`)
      next++
    },
    oneOf<Word extends string>(...words: Word[]): Word {
      const found = words.find(word => this.is(word))
      if (!found) return fail(words.map(word => `'${word}'`).join(', '))
      next++
      return found
    },
    /** A value of this shape, quoted or not. */
    value(expected: string, shape: RegExp): string {
      const token = peek()
      const value = token.startsWith('"') ? unquote(token) : token
      if (token === '' || !shape.test(value)) return fail(expected)
      next++
      return value
    },
    close(): void {
      if (peek() !== ')') fail("')'")
      next++
    },
    end(): void {
      if (next < tokens.length) fail('end of rule')
    },
  }
}

function targets(read: Reader): Target[] {
  const bracketed = read.peek() === '('
  if (bracketed) read.take()
  const found = [target(read)]
  const alone = found[0]?.kind === 'any' || found[0]?.kind === 'all vms'
  while (bracketed && !alone && read.is('OR')) {
    read.take()
    found.push(target(read))
  }
  if (bracketed) read.close()
  if (found.length > MAX_TARGETS_PER_SIDE)
    throw ruleInvalid(`A maximum of ${MAX_TARGETS_PER_SIDE} targets is allowed per side`)
  return found
}

function target(read: Reader): Target {
  const kind = read.oneOf('ANY', 'ALL', 'IP', 'SUBNET', 'TAG', 'VM')
  switch (kind) {
    case 'ANY':
      return {kind: 'any'}
    case 'ALL':
      read.word('VMS')
      return {kind: 'all vms'}
    case 'IP': {
      const value = read.value('an IP address', /^[\d.]+$/)
      if (!isIPv4(value)) throw ruleInvalid(`IP address "${value}" is invalid`)
      return {kind: 'ip', value}
    }
    case 'SUBNET': {
      const value = read.value('a subnet', /^[\d.]+\/\d+$/)
      const [address = '', bits] = value.split('/')
      if (!isIPv4(address) || Number(bits) < 1 || Number(bits) > 32)
        throw ruleInvalid(`Subnet "${value}" is invalid (must be in CIDR format)`)
      return {kind: 'subnet', value}
    }
    case 'VM':
      return {kind: 'vm', value: read.value('a UUID', UUID)}
    case 'TAG': {
      const name = read.value('a tag name', /./)
      if (read.peek() !== '=') return {kind: 'tag', name}
      read.take()
      return {kind: 'tag', name, value: read.value('a tag value', /./)}
    }
  }
}

function portList(read: Reader): string[] {
  if (read.is('PORTS')) {
    read.take()
    const ports = [portRange(read)]
    while (read.peek() === ',') {
      read.take()
      ports.push(portRange(read))
    }
    return ports
  }
  return listOf(read, () => {
    read.word('PORT')
    if (read.is('ALL')) return read.take().toLowerCase()
    return port(read.value('a port number', /^\d+$/))
  })
}

function portRange(read: Reader): string {
  const first = read.value('a port number or range', /^\d+(-\d+)?$/)
  if (first.includes('-') || read.peek() !== '-') return first.split('-').map(port).join('-')
  read.take()
  return `${port(first)}-${port(read.value('a port number', /^\d+$/))}`
}

function port(text: string): string {
  if (Number(text) < 1 || Number(text) > 65_535) throw ruleInvalid(`Port number "${text}" is invalid`)
  return String(Number(text))
}

function icmpTypes(read: Reader): string[] {
  return listOf(read, () => {
    read.word('TYPE')
    if (read.is('ALL')) return read.take().toLowerCase()
    const type = read.value('an ICMP type', /^\d+$/)
    if (!read.is('CODE')) return type
    read.take()
    return `${type}:${read.value('an ICMP code', /^\d+$/)}`
  })
}

/** One, or several in brackets joined by AND; sorted, each once, as the service keeps them. */
function listOf(read: Reader, item: () => string): string[] {
  const bracketed = read.peek() === '('
  if (bracketed) read.take()
  const items = new Set([item()])
  while (bracketed && read.is('AND')) {
    read.take()
    items.add(item())
  }
  if (bracketed) read.close()
  return [...items].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
}

function formatTargets(side: readonly Target[]): string {
  return inBrackets(side.map(formatTarget), ' OR ')
}

function formatTarget(target: Target): string {
  if (target.kind === 'tag')
    return `tag ${quote(target.name)}${target.value === undefined ? '' : ` = ${quote(target.value)}`}`
  return 'value' in target ? `${target.kind} ${target.value}` : target.kind
}

const inBrackets = (parts: string[], joint: string) =>
  parts.length > 1 ? `(${parts.join(joint)})` : parts.join('')
const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
const unquote = (text: string) => text.slice(1, -1).replace(/\\(.)/g, '$1')
