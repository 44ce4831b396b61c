/** How instances leave, in the fleet file: `drain`. */
import * as z from 'zod'
import {duration, textLike} from './values.ts'

/** Unless the file says otherwise: how long nobody may be connected, and how long that is waited for. */
export const QUIET_FOR_MS = 30_000
export const QUIET_MAX_MS = 10 * 60_000

const QUIET_WORDS = 'must be true, false, or a duration such as "30s"'

export const drain = z
  .strictObject({
    wait: z
      .union([z.literal('auto'), duration({description: 'Time to wait.'})], {
        error: 'must be "auto" or a duration such as "30s"',
      })
      .prefault('auto')
      .register(z.globalRegistry, {
        description:
          'Time between the end of an address in DNS and the end of its instance; "auto" is the published TTL plus a margin.',
      }),
    quiet: z
      .union(
        [
          z.boolean(),
          duration({minMs: 1_000, words: QUIET_WORDS, description: 'Time without any connection.'}),
        ],
        {error: QUIET_WORDS},
      )
      .prefault(false)
      .register(z.globalRegistry, {
        description:
          'After that wait an instance ends only once nobody has been connected to its service for this long (true: 30s), as is seen over ssh or by "counter".',
        examples: [true, '2m'],
      }),
    max: duration({
      minMs: 1_000,
      description:
        'How long after the wait an instance may still be used before it ends all the same (10m unless given); caches that ignore the TTL may hold an address for a day.',
      examples: ['10m', '24h'],
    }).optional(),
    counter: textLike(/^\/[\x21-\x7e]*$/, 'a path that begins with "/"', {
      description:
        'Path of a page of the service whose body is one number: the connections or requests in flight, without the request for the page itself. In place of ssh.',
      examples: ['/connections'],
    }).optional(),
    ssh: z
      .strictObject({
        user: textLike(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'the name of a user', {
          description: 'Whom to log in as; unless given, whom your own ssh configuration names.',
          examples: ['ubuntu'],
        }).optional(),
      })
      .optional()
      .register(z.globalRegistry, {
        description: 'How the instances are reached over ssh to count their connections.',
      }),
  })
  .prefault({})
  .register(z.globalRegistry, {description: 'How instances leave.'})

export type DrainData = z.output<typeof drain>
