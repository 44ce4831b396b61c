import {markToComment, type RecordMark} from '../../src/mark.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {RecordSet} from '../../src/sandbox/world/route53/record-set.ts'
import type {SimulatedFleet} from './simulated-fleet.ts'

const ZONE = 'example.com'

/** A record as CloudFlare's own page asks for it. */
export type Entered = {
  readonly type: 'A' | 'TXT'
  readonly name: string
  readonly content: string
  readonly ttl?: number
  readonly proxied?: boolean
  readonly mark?: RecordMark
}

/** Somebody's hand in a zone of CloudFlare: no mark is asked for, none is respected. */
export function handInCloudflare({world: {cloudflare}}: SimulatedFleet) {
  const session = {token: SANDBOX.cloudflare.operatorToken}
  const zone = () => {
    const found = cloudflare.zone(ZONE)
    if (!found) throw new Error(`no zone ${ZONE}`)
    return found
  }
  const records = () => [...zone().records.values()]
  return {
    records,
    add: ({mark, ttl = 60, proxied = false, ...record}: Entered) =>
      cloudflare.createRecord(session, zone().id, {
        ...record,
        ttl,
        proxied,
        ...(mark && {comment: markToComment(mark)}),
      }),
    /** Of the records that carry this instance's mark. */
    edit(instance: string, change: Readonly<Record<string, unknown>> | 'delete') {
      for (const {id, comment} of records()) {
        if (!comment?.endsWith(`i=${instance}`)) continue
        if (change === 'delete') cloudflare.deleteRecord(session, zone().id, id)
        else cloudflare.patchRecord(session, zone().id, id, change)
      }
    },
  }
}

/** Somebody's hand in a zone of Route53. */
function handInRoute53({world: {route53}}: SimulatedFleet) {
  const zone = () => {
    const found = route53.zone(ZONE)
    if (!found) throw new Error(`no zone ${ZONE}`)
    return found
  }
  const sets = (): RecordSet[] => [...zone().sets.values()].flat()
  const send = (action: 'CREATE' | 'DELETE', of: readonly RecordSet[]) =>
    of.map(({ttlSeconds = 60, values = [], ...set}) => ({
      action,
      recordSet: {...set, ttlSeconds, values: [...values]},
    }))
  return {
    sets,
    add(...added: RecordSet[]) {
      route53.changeRecordSets({name: 'operator'}, zone().id, send('CREATE', added))
    },
    /** Of the sets that this finds: each becomes what `change` makes of it, or goes. */
    edit(isIt: (set: RecordSet) => boolean, change: (set: RecordSet) => RecordSet | undefined) {
      const found = sets().filter(isIt)
      if (found.length === 0) throw new Error('no such set')
      route53.changeRecordSets({name: 'operator'}, zone().id, [
        ...send('DELETE', found),
        ...send(
          'CREATE',
          found.flatMap(set => change(set) ?? []),
        ),
      ])
    },
  }
}

export type Hand = {
  readonly cloudflare: ReturnType<typeof handInCloudflare>
  readonly route53: ReturnType<typeof handInRoute53>
}

export const handsIn = (sim: SimulatedFleet): Hand => ({
  cloudflare: handInCloudflare(sim),
  route53: handInRoute53(sim),
})
