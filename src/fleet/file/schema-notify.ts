/** Who is told what becomes of the fleet, in the fleet file: `notify`. */
import * as z from 'zod'
import {NOTICE_TYPES} from '../../journal/notice.ts'
import {oneOf, text} from './values.ts'
import {isUnset, writeVariable} from './variables.ts'

const URL_WORDS = 'must be a URL such as "https://hooks.example.com/mcd", without a user or a password in it'

const url = z
  .string({error: URL_WORDS})
  .register(z.globalRegistry, {
    description: `Where messages are sent. An address that is a secret itself belongs into a variable: "${writeVariable('NAME')}". Only its host is ever shown.`,
    examples: ['https://hooks.example.com/mcd', writeVariable('WEB_HOOK_URL')],
    pattern: '^https?://',
  })
  .refine(value => isUnset(value) || isWebAddress(value), {error: URL_WORDS})

function isWebAddress(value: string): boolean {
  const parsed = URL.parse(value)
  return parsed !== null && /^https?:$/.test(parsed.protocol) && !parsed.username && !parsed.password
}

const receiver = z
  .strictObject({
    url,
    secret: text({
      description:
        'What messages are signed with, by Standard Webhooks: "whsec_" and base64, or any text of at least 16 characters.',
      examples: [writeVariable('WEB_HOOK_SECRET')],
    }).refine(value => isUnset(value) || isSigningSecret(value), {
      error: 'must be at least 16 characters, or "whsec_" and the base64 of at least 16 bytes',
    }),
    events: z
      .array(oneOf(NOTICE_TYPES, {description: 'What happened.'}))
      .min(1, {error: 'must name at least one event, or be left out'})
      .default([...NOTICE_TYPES])
      .register(z.globalRegistry, {
        description: 'What it is told of; everything unless given.',
        examples: [['instance-lost']],
      }),
  })
  .register(z.globalRegistry, {description: 'A webhook.'})

const MIN_SECRET_BYTES = 16

function isSigningSecret(value: string): boolean {
  if (!value.startsWith('whsec_')) return Buffer.byteLength(value) >= MIN_SECRET_BYTES
  const encoded = value.slice('whsec_'.length)
  return /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && Buffer.from(encoded, 'base64').length >= MIN_SECRET_BYTES
}

export const notify = z
  .array(receiver)
  .min(1, {error: 'must name at least one receiver, or be left out'})
  .optional()
  .register(z.globalRegistry, {
    description: 'Who is told when a run has finished, an instance was lost or drift was found.',
  })

export type NotifyData = NonNullable<z.output<typeof notify>>
