import {TransientError} from '../../errors.ts'
import type {DnsChange, Zone} from '../dns.ts'
import {type CloudflareApi, readAll, TIMEOUT_MS} from './api.ts'
import {isIdentical, isMissing} from './classify.ts'
import type {CloudflareClient} from './client.ts'
import {toMember, type VendorRecord} from './convert.ts'
import {conflict, describe, nextBatch, reconcile, size, type Todo} from './reconcile.ts'

/** What a batch of a free zone carries; larger plans take more. */
const BATCH_OPERATIONS = 200
/** A batch refused because somebody else was first fails whole: twice is bad luck, then single calls get through. */
const STALE_BATCHES = 2

/**
 * Makes a change with as few calls as the zone allows: a listing, then batches of what is still to do. What is to be removed
 * was read again just before, and goes by its id; between that reading and the batch nothing protects it, since CloudFlare has
 * no compare-and-set. After a lost reply, and after somebody else was first, the zone is read afresh and what is left is worked
 * out again, so nothing is made twice. Throws ConflictError.
 */
export async function sendChange(api: CloudflareApi, zone: Zone, change: DnsChange): Promise<void> {
  const names = [...new Set([...change.create, ...change.remove].map(({name}) => name))]
  for (let stale = 0; ; ) {
    const outcome = await sendNextBatch(api, zone, change, names)
    if (outcome === 'done') return
    if (outcome === 'stale' && ++stale === STALE_BATCHES) return sendSingly(api, zone, change, names)
  }
}

/**
 * One batch, retried by the caller: an attempt after one that may have taken effect begins with a fresh listing, which makes
 * the whole safe to repeat although the batch alone is not.
 */
function sendNextBatch(
  {client, call}: CloudflareApi,
  zone: Zone,
  change: DnsChange,
  names: readonly string[],
) {
  let read: VendorRecord[] | undefined
  return call(
    {name: 'POST dns_records/batch', bucket: 'api', cost: names.length + 1, timeoutMs: 2 * TIMEOUT_MS},
    async signal => {
      read ??= await readNames(client, zone, names, signal)
      const todo = reconcile(change, read)
      if (size(todo) === 0) return 'done'
      const batch = nextBatch(todo, BATCH_OPERATIONS)
      try {
        await client.batch(
          zone.id,
          {deletes: batch.deletes.map(({id}) => ({id})), posts: batch.posts},
          signal,
        )
        return size(batch) === size(todo) ? 'done' : 'more'
      } catch (error) {
        if (isIdentical(error) || isMissing(error)) return 'stale'
        if (!(error instanceof TransientError && error.effect === 'none')) read = undefined
        throw error
      }
    },
  )
}

/** Call by call: each may find its work done by somebody else. */
async function sendSingly(
  {client, call}: CloudflareApi,
  zone: Zone,
  change: DnsChange,
  names: readonly string[],
): Promise<void> {
  const readAgain = () =>
    call(
      {name: 'GET dns_records', bucket: 'api', reads: true, cost: names.length, timeoutMs: 2 * TIMEOUT_MS},
      signal => readNames(client, zone, names, signal),
    )
  const todo: Todo = reconcile(change, await readAgain())
  for (const {id} of todo.deletes) {
    await call({name: 'DELETE dns_records', bucket: 'api', timeoutMs: TIMEOUT_MS}, signal =>
      client.delete(zone.id, id, signal),
    ).catch(error => {
      if (!isMissing(error)) throw error
    })
  }
  for (const record of todo.posts) {
    await call({name: 'POST dns_records', bucket: 'api', timeoutMs: TIMEOUT_MS}, signal =>
      client.create(zone.id, record, signal),
    ).catch(async error => {
      if (!isIdentical(error)) throw error
      // Ours from a lost reply or from the instance itself, or a stranger's: the record tells.
      const left = reconcile({create: change.create, remove: []}, await readAgain())
      const unseen = left.posts.find(
        ({name, type, content}) => name === record.name && type === record.type && content === record.content,
      )
      const member = toMember({id: '', ...record})
      if (unseen && member) throw conflict([`${describe(member)} is refused as identical, yet not listed`])
    })
  }
}

async function readNames(
  client: CloudflareClient,
  zone: Zone,
  names: readonly string[],
  signal: AbortSignal,
): Promise<VendorRecord[]> {
  const lists = await Promise.all(
    names.map(name => readAll(page => client.records(zone.id, name, page, signal))),
  )
  return lists.flat()
}
