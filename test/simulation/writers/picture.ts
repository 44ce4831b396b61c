import {markFromComment, markFromEntry, markFromSetIdentifier} from '../../../src/mark.ts'
import type {World} from '../../../src/sandbox/world/world.ts'

/** One value as a zone holds it, whichever the vendor. */
export type Item = {
  /** The vendor's own handle: a record's id, or its set and the value. The same as long as it is the same thing. */
  readonly key: string
  readonly name: string
  readonly type: string
  /** As mcd writes it. */
  readonly value: string
  /** `<fleet> <instance>` where the vendor shows mcd's mark beside it, or in the companion of its set; else it is foreign. */
  readonly owner?: string
  /** Of a companion's entry: what it speaks of. */
  readonly about?: {readonly name: string; readonly type: string; readonly value: string}
  /** Everything that the vendor shows of it. */
  readonly bytes: string
}

export type Picture = ReadonlyMap<string, Item>

const memo = new WeakMap<object, Picture>()

/** Everything that stands in a zone now but for what every zone has. Versions of a zone are never changed, so each is read once. */
export function pictureOf(world: World, vendor: 'cloudflare' | 'route53'): Picture {
  const version =
    vendor === 'cloudflare'
      ? world.cloudflare.zone('example.com')?.records
      : world.route53.zone('example.com')?.sets
  if (!version) throw new Error('The world lost its zone.')
  const known = memo.get(version)
  if (known) return known
  const items = vendor === 'cloudflare' ? cloudflareItems(world) : route53Items(world)
  const picture = new Map(items.map(item => [item.key, item]))
  memo.set(version, picture)
  return picture
}

function cloudflareItems(world: World): Item[] {
  const records = world.cloudflare.zone('example.com')?.records.values() ?? []
  return [...records].map(({id, name, type, content, ttl, proxied, comment}) => {
    const mark = markFromComment(comment)
    return {
      key: id,
      name,
      type,
      value: type === 'TXT' ? content.replaceAll('"', '') : content,
      ...(mark && {owner: `${mark.fleet} ${mark.instance}`}),
      bytes: `${type} ${name} ${content} ${ttl} ${proxied} ${comment}`,
    }
  })
}

function route53Items(world: World): Item[] {
  const sets = [...(world.route53.zone('example.com')?.sets.values() ?? [])]
    .flat()
    .filter(({type}) => type !== 'NS' && type !== 'SOA')
  const items = sets.flatMap(
    ({name, type, setIdentifier, weight, multiValueAnswer, ttlSeconds, values = []}) => {
      const mark = markFromSetIdentifier(setIdentifier)
      return values.map((value): Item => {
        const entry =
          type === 'TXT' && setIdentifier === undefined ? markFromEntry(plain(type, value)) : undefined
        const owner = mark ?? entry?.mark
        return {
          key: `${type} ${name} ${setIdentifier} ${value}`,
          name: name.slice(0, -1),
          type,
          value: plain(type, value),
          ...(owner && {owner: `${owner.fleet} ${owner.instance}`}),
          ...(entry && {
            about: {
              // A hold stands in the companion itself.
              name: entry.type === 'TXT' ? name.slice(0, -1) : name.slice(0, -1).replace(/^_mcd\./, ''),
              type: entry.type,
              value: entry.value,
            },
          }),
          bytes: `${type} ${name} ${setIdentifier} ${weight} ${multiValueAnswer} ${ttlSeconds} ${value}`,
        }
      })
    },
  )
  const owners = new Map(
    items.flatMap(({about, owner}) =>
      about ? [[`${about.name} ${about.type} ${about.value}`, owner] as const] : [],
    ),
  )
  return items.map(item => {
    const owner = item.owner ?? owners.get(`${item.name} ${item.type} ${item.value}`)
    return owner === undefined ? item : {...item, owner}
  })
}

function plain(type: string, value: string): string {
  if (type === 'TXT') return value.replaceAll('"', '')
  return type === 'SRV' || type === 'PTR' ? value.replace(/\.$/, '') : value
}
