import {gunzipSync} from 'node:zlib'

/** What a machine takes from its userdata. */
export type GuestDocument = {
  /** In document order; everything that is not ours. */
  readonly userParts: readonly UserPart[]
  /** The registration part: a shell script. Absent where the fleet's records are mcd's work. */
  readonly registration?: string
  readonly servicePort: number
  readonly healthPath?: string
}

export type UserPart = {
  readonly name: string
  readonly kind: 'cloud-config' | 'script' | 'text'
  readonly text: string
}

/** How the registration part is known among the others. */
const REGISTRATION_NAME = 'mcd-registration'
const PORT_HEADER = 'x-mcd-service-port'
const HEALTH_HEADER = 'x-mcd-health-path'
const DEFAULT_PORT = 80

/** Reads userdata as cloud-init does: gzip or not, one part or a multipart document. */
export function readGuestDocument(bytes: Uint8Array): GuestDocument {
  const document = unzip(Buffer.from(bytes)).toString('utf8')
  const whole = readEntity(document)
  const parts =
    whole.boundary === undefined ? [{...whole, name: 'userdata'}] : splitParts(whole.body, whole.boundary)
  const registration = parts.find(({name}) => name.startsWith(REGISTRATION_NAME))
  const port = Number(whole.headers.get(PORT_HEADER))
  const healthPath = whole.headers.get(HEALTH_HEADER)
  return {
    userParts: parts.filter(part => part !== registration && part.body.trim() !== '').map(userPart),
    ...(registration && {registration: registration.body}),
    servicePort: port > 0 && port < 65_536 ? port : DEFAULT_PORT,
    ...(healthPath && {healthPath}),
  }
}

type Entity = {
  readonly headers: ReadonlyMap<string, string>
  readonly name: string
  readonly boundary?: string
  readonly body: string
}

function unzip(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
}

/** RFC 2045: headers, an empty line, a body. What does not begin with a MIME header is all body. */
function readEntity(text: string): Entity {
  const [, head = ''] = /^((?:[A-Za-z0-9-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+)\r?\n/.exec(text) ?? []
  const isMime = /^(?:content-type|mime-version|content-disposition|x-mcd-)/im.test(head)
  if (!isMime) return {headers: new Map(), name: '', body: text}
  const headers = new Map(
    head
      .replace(/\r?\n[ \t]+/g, ' ')
      .trim()
      .split(/\r?\n/)
      .map(
        line =>
          [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
      ),
  )
  const body = text.slice(head.length).replace(/^\r?\n/, '')
  const boundary = parameter(headers.get('content-type'), 'boundary')
  return {
    headers,
    name: parameter(headers.get('content-disposition'), 'filename') ?? '',
    ...(boundary !== undefined && {boundary}),
    body: /^base64$/i.test(headers.get('content-transfer-encoding') ?? '')
      ? Buffer.from(body, 'base64').toString('utf8')
      : body,
  }
}

function splitParts(body: string, boundary: string): Entity[] {
  const delimiter = `--${boundary}`
  const [, ...sections] = `\n${body}`.split(`\n${delimiter}`)
  return sections
    .filter(section => !section.startsWith('--'))
    .map((section, index) => {
      const entity = readEntity(section.replace(/^[ \t]*\r?\n/, '').replace(/\r$/, ''))
      return {...entity, name: entity.name || `part ${index + 1}`}
    })
}

function parameter(header: string | undefined, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(header ?? '') ?? []
  return quoted ?? plain
}

function userPart({headers, name, body}: Entity): UserPart {
  const type = headers.get('content-type') ?? ''
  if (body.startsWith('#cloud-config') || type.startsWith('text/cloud-config'))
    return {name, kind: 'cloud-config', text: body}
  const isScript = body.startsWith('#!') || type.startsWith('text/x-shellscript')
  return {name, kind: isScript ? 'script' : 'text', text: body}
}
