import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {DnsVendor} from '../../providers/dns.ts'
import {builtInTemplates} from '../template.ts'

/** What stands in templates/userdata/registration, ready to be put into userdata: the same for every fleet and cloud. */
export type RegistrationFiles = {
  /** What these names need, and no more: EC2 takes 16 KB. */
  script(of: ScriptNeeds): string
  readonly installer: string
  /** File name → text. */
  readonly units: Readonly<Record<string, string>>
}

export type ScriptNeeds = {readonly vendors: readonly DnsVendor[]; readonly discovery: boolean}

/** Order matters for the first and the last alone; clouds are whatever lies in their folder. */
const scriptParts = ({vendors, discovery}: ScriptNeeds): string[] => [
  'settings.sh',
  'log.sh',
  'time.sh',
  'json.sh',
  'http.sh',
  'health.sh',
  'self.sh',
  'names.sh',
  'clouds',
  ...[...new Set(vendors)].sort().flatMap(vendor => [`dns/${vendor}.sh`, `dns/${vendor}`]),
  discovery ? 'discovery' : 'no-discovery.sh',
  'commands.sh',
]
export function loadRegistration(builtIn: string = builtInTemplates()): RegistrationFiles {
  const folder = join(builtIn, 'registration')
  const units = join(folder, 'systemd')
  return {
    script: needs => assemble(join(folder, 'script'), scriptParts(needs)),
    installer: readFileSync(join(folder, 'install.sh'), 'utf8'),
    units: Object.fromEntries(
      readdirSync(units)
        .sort()
        .map(name => [name, readFileSync(join(units, name), 'utf8')]),
    ),
  }
}

/** One script out of its parts. Comments beyond the head stay here: EC2 takes 16 KB, and they are a third of it. */
function assemble(folder: string, parts: readonly string[]): string {
  const texts = parts.flatMap(part => {
    const path = join(folder, part)
    if (part.endsWith('.sh')) return [readFileSync(path, 'utf8')]
    return existsSync(path)
      ? readdirSync(path)
          .sort()
          .map(name => readFileSync(join(path, name), 'utf8'))
      : []
  })
  const [first = '', ...others] = texts
  const head = first.slice(0, first.indexOf('\n', first.search(/\n[^#]/)) + 1)
  return head + withoutComments(first.slice(head.length) + others.join(''))
}

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter(line => !/^\s*(#|$)/.test(line))
    .map(line => `${line}\n`)
    .join('')
