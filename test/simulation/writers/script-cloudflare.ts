import {TransientError} from '../../../src/errors.ts'
import {markToComment} from '../../../src/mark.ts'
import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../../src/sandbox/world/vendor-error.ts'
import type {Carry} from '../../support/carry.ts'
import {type Machine, TTL_SECONDS} from './machines.ts'
import {Never, NotNow, type Own, type VendorScript} from './script.ts'
import type {Stage} from './stage.ts'

const IDENTICAL = ['81057', '81058']

/** dns/cloudflare.sh, call by call. */
export function cloudflareScript(
  {world}: Stage,
  carry: Carry,
  {fleet, id}: Machine,
  name: string,
): VendorScript {
  const session = {token: SANDBOX.cloudflare.instancesToken}
  const zone = world.cloudflare.zone('example.com')?.id ?? ''
  const mark = markToComment({fleet, group: 'virginia', instance: id})

  /** cloudflare_call: rejects with NotNow, or with the refusal. */
  const asked = async <T>(call: string, work: () => T): Promise<T> => {
    try {
      return await carry(`cloudflare:${call}`, async () => work())
    } catch (error) {
      if (error instanceof TransientError) throw new NotNow()
      throw error
    }
  }
  const listed = (filter: Record<string, string>) =>
    asked('records', () =>
      world.cloudflare.listRecords(session, zone, new URLSearchParams({...filter, per_page: '100'})),
    ).catch(never)
  const script: VendorScript = {
    async isHeld() {
      const {items} = await listed({'content.contains': id, 'name.exact': `_mcd.${name}`, type: 'TXT'})
      return items.some(({content}) => content.replaceAll('"', '') === `out ${id}`)
    },
    async own(at): Promise<Own> {
      const {items} = await listed({'comment.exact': mark, 'name.exact': at, type: 'A'})
      return items
        .filter(({comment}) => comment === mark)
        .map(record => ({address: record.content, id: record.id}))
    },
    async create(at, address) {
      const record = {type: 'A', name: at, content: address, ttl: TTL_SECONDS, proxied: false, comment: mark}
      try {
        await asked('create', () => world.cloudflare.createRecord(session, zone, record))
      } catch (error) {
        if (!(error instanceof VendorError && IDENTICAL.includes(String(error.code)))) return never(error)
        // An identical record: ours, where the answer to an earlier try was lost.
        if ((await script.own(at)).every(own => own.address !== address)) throw new Never()
      }
    },
    async remove(at, _entered, keep) {
      for (const {address, id: record} of await script.own(at)) {
        if (address === keep) continue
        await asked('delete', () => world.cloudflare.deleteRecord(session, zone, record)).catch(error => {
          // Somebody was first.
          if (!(error instanceof VendorError && error.status === 404)) never(error)
        })
      }
    },
  }
  return script
}

function never(error: unknown): never {
  throw error instanceof VendorError ? new Never() : error
}
