import {route53Dns} from '../../src/providers/route53/dns.ts'
import type {Machine} from '../../src/publish/join.ts'
import {ownerOf, type Service} from '../../src/publish/service.ts'
import {openServiceZone, type ServiceZone} from '../../src/publish/zone.ts'
import {listen} from '../../src/sandbox/wire/http.ts'
import {route53Wire} from '../../src/sandbox/wire/route53.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {route53Scene} from './route53-world.ts'
import {worldRoute53Dns} from './world-route53.ts'

/** A zone of the world in which services are published by hand: its bytes, and everybody who writes there. */
export type PublishedZone = ReturnType<typeof route53Scene> & {
  /** Another publisher, who knows nothing of the others. */
  open(): Promise<ServiceZone>
  /** Lets time pass while it is waited for. */
  run<T>(task: () => Promise<T>): Promise<T>
  /** The whole zone. */
  bytes(): string
  /** The values of one set, as Route53 keeps them. */
  values(name: string, type: string): readonly string[]
  close(): Promise<void>
}

export async function publishedZone(way: 'in memory' | 'over the wire'): Promise<PublishedZone> {
  const scene = route53Scene()
  const {world, time} = scene
  const api = way === 'over the wire' ? await listen(route53Wire(world)) : undefined
  const stop = api ? time.attend() : () => {}
  const run = <T>(task: () => Promise<T>) => (api ? task() : time.run(task))
  // Read afresh: a change puts another list into its place.
  const sets = () => world.route53.zone(SANDBOX.zone)?.sets ?? new Map()
  return {
    ...scene,
    run,
    bytes: () => JSON.stringify([...sets()].sort(([a], [b]) => (a < b ? -1 : 1))),
    values: (name, type) =>
      (world.route53.zone(SANDBOX.zone)?.sets.get(`${name}.`) ?? []).flatMap(set =>
        set.type === type ? (set.values ?? []) : [],
      ),
    open: () =>
      run(() =>
        openServiceZone(
          api
            ? route53Dns({runtime: time.runtime(), endpoint: api.url, credentials: SANDBOX.aws.operator})
            : worldRoute53Dns(world, time.runtime()),
          SANDBOX.zone,
        ),
      ),
    async close() {
      stop()
      await api?.close()
    },
  }
}

export const service = (over: Partial<Service> = {}): Service => ({
  zone: SANDBOX.zone,
  service: '_http._tcp',
  instance: 'v1',
  owner: 'by-hand',
  ttlSeconds: 60,
  ...over,
})

/** `db1` is `db1.example.com`, at 192.0.2.1. */
export const machine = (host: string, over: Partial<Machine> = {}): Machine => ({
  ...service({owner: ownerOf(`${host}.${SANDBOX.zone}`)}),
  host: `${host}.${SANDBOX.zone}`,
  addresses: [`192.0.2.${/\d+/.exec(host)?.[0] ?? 99}`],
  port: 80,
  priority: 0,
  weight: 0,
  ...over,
})
