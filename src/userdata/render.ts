import {createHmac} from 'node:crypto'
import {gzipSync} from 'node:zlib'
import {RefusedError} from '../errors.ts'
import type {Fleet, Group} from '../fleet/model.ts'
import type {ComputeCapabilities} from '../providers/compute.ts'
import {fillTemplate, mask, origin, reveal, templateValues, type Unveil} from './fill.ts'
import {multipart, type Part} from './multipart.ts'
import type {RegistrationFiles} from './registration/files.ts'
import type {RegistrationName} from './registration/names.ts'
import {registrationPart} from './registration/part.ts'
import {bytesText, type UserdataSize} from './size.ts'
import type {Template} from './template.ts'

export type UserdataInput = {
  readonly template: Template
  readonly registration: RegistrationFiles
  readonly fleet: Fleet
  readonly group: Group
  /** The names its instances register in; none where mcd registers them. */
  readonly names: readonly RegistrationName[]
  readonly capabilities: Pick<ComputeCapabilities, 'userdataMaxBytes' | 'userdataGzip'>
}

export type RenderedUserdata = UserdataSize & {
  /** Exactly what the guest gets. */
  readonly bytes: Uint8Array
  /** The same document, uncompressed, with `***` for every secret: for people. */
  readonly masked: string
  /** Keyed, so that it tells nothing about the secrets inside (decision 8). */
  digest(key: string): string
}

/** With the sizes before and after compression, and the limit. */
export class UserdataTooLargeError extends RefusedError {
  override name = 'UserdataTooLargeError'
}

/**
 * The userdata of one group: the user's part, then ours, as one multipart document, compressed where that is what fits.
 * Throws TemplateError for mistakes in the template, UserdataTooLargeError when it does not fit.
 */
export function renderUserdata(input: UserdataInput): RenderedUserdata {
  const raw = Buffer.from(document(input, reveal))
  const {userdataMaxBytes: limitBytes, userdataGzip} = input.capabilities
  const isOver = raw.length > limitBytes
  const bytes = isOver && userdataGzip ? compress(raw) : raw
  if (bytes.length > limitBytes) throw tooLarge(input, raw.length, bytes.length)
  return {
    bytes,
    masked: document(input, mask),
    rawBytes: raw.length,
    sentBytes: bytes.length,
    limitBytes,
    compressed: bytes !== raw,
    digest: key => createHmac('sha256', key).update(bytes).digest('hex'),
  }
}

/**
 * What of the userdata belongs to the launch spec (decision 7): the filled template, with secrets as their origin. So what
 * changes nothing on an instance rolls nothing, and a changed port, which changes what the web server is told, does.
 */
export function userdataSpec(template: Template, fleet: Fleet, group: Group): unknown {
  return {kind: template.kind, text: fillTemplate(template, templateValues(fleet, group), origin)}
}

function document({template, registration, fleet, group, names}: UserdataInput, unveil: Unveil): string {
  const parts: Part[] = [
    {
      name: 'userdata',
      type: template.kind === 'cloud-config' ? 'text/cloud-config' : 'text/x-shellscript',
      text: fillTemplate(template, templateValues(fleet, group), unveil),
    },
  ]
  const ours = registrationPart(registration, fleet, group, names, unveil)
  if (ours !== undefined) parts.push({name: 'mcd-registration', type: 'text/x-shellscript', text: ours})
  // For whoever plays the instance: the sandbox serves the page itself.
  return multipart(parts, {
    'X-Mcd-Service-Port': String(fleet.service.port),
    'X-Mcd-Health-Path': fleet.service.health.path,
  })
}

/** The header's time and system bytes are fixed, so that the same document always gives the same bytes. */
function compress(raw: Buffer): Buffer {
  const bytes = gzipSync(raw, {level: 9})
  bytes.fill(0, 4, 8)
  bytes[9] = 0xff
  return bytes
}

function tooLarge(
  {template, group, capabilities}: UserdataInput,
  rawBytes: number,
  sentBytes: number,
): UserdataTooLargeError {
  const {userdataMaxBytes, userdataGzip} = capabilities
  const size = bytesText({rawBytes, sentBytes, compressed: userdataGzip})
  const place = group.place.provider === 'aws' ? 'EC2' : 'this cloud'
  return new UserdataTooLargeError(
    [
      `groups.${group.name}: userdata from template "${template.name}" is ${size}; ${place} takes ${userdataMaxBytes}.`,
    ],
    {suggestions: ['Let the template fetch what is large from a URL at boot.']},
  )
}
