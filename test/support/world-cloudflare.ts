import type {DnsReply} from '../../src/dns/query.ts'
import {TransientError} from '../../src/errors.ts'
import {classify} from '../../src/providers/cloudflare/classify.ts'
import type {CloudflareClient, Page} from '../../src/providers/cloudflare/client.ts'
import {dnsOver} from '../../src/providers/cloudflare/dns.ts'
import {neverConnected} from '../../src/providers/connection.ts'
import type {DnsProvider} from '../../src/providers/dns.ts'
import type {Runtime} from '../../src/runtime.ts'
import {recordJson, usageJson, verifiedTokenJson, zoneJson} from '../../src/sandbox/wire/cloudflare/json.ts'
import type {Page as WorldPage} from '../../src/sandbox/world/cloudflare/paging.ts'
import type {CloudflareSession, CloudflareWorld} from '../../src/sandbox/world/cloudflare.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import type {DnsRecord} from '../../src/sandbox/world/dns-answer.ts'
import {ConnectionLost} from '../../src/sandbox/world/faults/answers.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {atOnce, type Carry, carried} from './carry.ts'

type Clouded = Pick<World, 'cloudflare' | 'calls'>

/** CloudFlare's DNS straight on the world: the adapter's own decisions, without sockets or the vendor's library. */
export function worldCloudflareDns(
  world: Clouded,
  runtime: Runtime,
  token: string = SANDBOX.cloudflare.operatorToken,
  carry: Carry = atOnce,
): DnsProvider {
  return dnsOver(carried('cloudflare', worldClient(world, {token}), carry), {
    runtime,
    query: (_nameServer, name, type) =>
      carry('dns:query', async () => answered(world.cloudflare, name, type)),
  })
}

function worldClient({cloudflare, calls}: Clouded, session: CloudflareSession): CloudflareClient {
  /** Refusals of the world, and broken connections, as the adapter hears them from the wire. */
  const asked = async <T>(what: string, input: unknown, work: () => T): Promise<T> => {
    try {
      return await calls.plan.carry(`${what} ${JSON.stringify(input)}`, work)
    } catch (error) {
      if (error instanceof ConnectionLost)
        throw new TransientError(`CloudFlare could not be reached for ${what}: ${error.message}`, {
          effect: neverConnected(error.code) ? 'none' : 'unknown',
          cause: error,
        })
      if (!(error instanceof VendorError)) throw error
      const {status, code, message, detail, headers} = error
      const seconds = headers['retry-after']
      throw classify(what, {
        status,
        errors: [{code: Number(code), message, ...detail}],
        retryAfterSeconds: seconds === undefined ? undefined : Number(seconds),
      })
    }
  }
  return {
    zones: (name, page) =>
      asked('GET zones', {name, page}, () =>
        toPage(
          cloudflare.listZones(
            session,
            new URLSearchParams({...(name !== undefined && {name}), page: String(page)}),
          ),
          zoneJson,
        ),
      ),
    records: (zoneId, name, page) =>
      asked('GET dns_records', {zoneId, name, page}, () => {
        const params = new URLSearchParams({'name.exact': name, page: String(page), per_page: '1000'})
        return toPage(cloudflare.listRecords(session, zoneId, params), recordJson)
      }),
    batch: (zoneId, batch) =>
      asked('POST dns_records/batch', batch, () => void cloudflare.batchRecords(session, zoneId, batch)),
    create: (zoneId, record) =>
      asked('POST dns_records', record, () => void cloudflare.createRecord(session, zoneId, record)),
    delete: (zoneId, id) =>
      asked('DELETE dns_records', id, () => void cloudflare.deleteRecord(session, zoneId, id)),
    verify: accountId =>
      asked('GET tokens/verify', accountId, () =>
        verifiedTokenJson(
          accountId === undefined
            ? cloudflare.verifyToken(session)
            : cloudflare.verifyAccountToken(session, accountId),
        ),
      ),
    usage: zoneId =>
      asked('GET dns_records/usage', zoneId, () => usageJson(cloudflare.usage(session, zoneId))),
  }
}

function toPage<T, J>({items, page, perPage, totalCount}: WorldPage<T>, json: (item: T) => J): Page<J> {
  return {items: items.map(json), more: page * perPage < totalCount}
}

function answered(cloudflare: CloudflareWorld, name: string, type: string): DnsReply {
  const {rcode, answers} = cloudflare.answer(name, type)
  return {
    rcode,
    authoritative: rcode !== 'REFUSED',
    answers: answers.map(record => ({
      name: record.name,
      type: record.type,
      ttlSeconds: record.ttlSeconds,
      value: text(record),
    })),
  }
}

function text({type, data}: DnsRecord): string {
  return type === 'TXT' ? Buffer.concat(data).toString('utf8') : String(data)
}
