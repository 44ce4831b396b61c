import type {NameServer} from '../dns/query.ts'
import {Flags} from './oclif.ts'

/** Cloudflare's and Google's: what many clients ask, and what their own resolver would say. */
const PUBLIC_RESOLVERS = ['1.1.1.1', '8.8.8.8']

export const resolverFlags = {
  resolver: Flags.string({
    description: `A resolver to ask what clients are told (${PUBLIC_RESOLVERS.join(' and ')} unless given; none for the embedded clouds). May be repeated.`,
    helpValue: 'HOST[:PORT]',
    multiple: true,
    exclusive: ['no-resolvers'],
  }),
  'no-resolvers': Flags.boolean({description: 'Ask no resolver.', default: false}),
}

type Given = {
  readonly resolver?: readonly string[] | undefined
  readonly 'no-resolvers': boolean
  readonly sandbox: boolean
}

/** No public resolver knows of the embedded clouds. Throws UsageError for what is no server. */
export async function resolversOf(flags: Given): Promise<NameServer[]> {
  if (flags['no-resolvers']) return []
  const {readServer} = await import('../dns/resolver.ts')
  return (flags.resolver ?? (flags.sandbox ? [] : PUBLIC_RESOLVERS)).map(readServer)
}
