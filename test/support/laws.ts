import {inspect, isDeepStrictEqual} from 'node:util'
import type {Fleet} from '../../src/fleet/model.ts'
import {fold} from '../../src/journal/fold.ts'
import {holdValue, type Mark, markFromTags, markToTags} from '../../src/mark.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {VIRGINIA} from './fleet-builder.ts'
import type {SimulatedFleet} from './simulated-fleet.ts'
import {CANARY} from './simulated-guests.ts'

export type Truth = {id: string; group: string; address: string | undefined; state: string}

/** What of the fleet really lives in the world, whatever any listing shows; of every owner of that name where none is given. */
export function truth(
  sim: SimulatedFleet,
  {name, dns}: Pick<Fleet, 'name'> & Partial<Pick<Fleet, 'dns'>>,
): Truth[] {
  const isOurs = (mark: Mark | undefined): mark is Mark =>
    mark?.fleet === name && (dns === undefined || mark.dns === dns)
  const ec2 = sim.world.ec2.allInstances().flatMap(({id, tags, publicIp, state}) => {
    const mark = markFromTags(Object.fromEntries(tags), 'mcd:')
    return isOurs(mark) && state !== 'terminated' ? [{id, group: mark.group, address: publicIp, state}] : []
  })
  const triton = sim.world.triton.machinesOf().flatMap(({id, tags, nics, state}) => {
    const texts = Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)]))
    const mark = markFromTags(texts, 'mcd_')
    return isOurs(mark) && state !== 'deleted' && state !== 'failed'
      ? [{id, group: mark.group, address: nics.find(nic => nic.public)?.ip, state}]
      : []
  })
  return [...ec2, ...triton]
}

/** A fleet of the same name that answers to another DNS name: somebody else's. */
const NAMESAKE: Mark = {
  fleet: 'web',
  dns: 'web.example.org',
  group: 'virginia',
  launch: '11111111-2222-4333-8444-555555555555',
  spec: '0123456789ab',
}

/**
 * Something of somebody else's in every cloud, without a mark and with a namesake's, and under the fleet's own name. Returns
 * a picture of it that must not change.
 */
export async function plantForeign(sim: SimulatedFleet, fleet: Fleet): Promise<() => Promise<unknown>> {
  const {world} = sim
  const [image = {id: ''}] = world.triton.stock.images
  const machines = [
    world.triton.place({image: image.id, package: 'g1.nano', name: 'theirs'}),
    world.triton.place({image: image.id, package: 'g1.nano', name: 'namesake', ...tritonTags(NAMESAKE)}),
  ]
  const region = world.ec2.region(VIRGINIA.region ?? '')
  const launch = (tags: Record<string, string>) =>
    world.ec2.call({principal: {name: 'operator'}, region: region.name}, 'RunInstances', {
      imageId: [...region.images.keys()][0] ?? '',
      instanceType: 't3.micro',
      minCount: 1,
      maxCount: 1,
      tagSpecifications: [
        {resourceType: 'instance', tags: Object.entries(tags).map(([key, value]) => ({key, value}))},
      ],
    }).instances[0]?.instanceId ?? ''
  const instances = [launch({Name: 'theirs'}), launch(markToTags(NAMESAKE, 'mcd:'))]
  for (const {vendor, name, zone} of fleet.names) {
    if (vendor === 'cloudflare') {
      const id = world.cloudflare.zone(zone)?.id ?? ''
      world.cloudflare.createRecord({token: SANDBOX.cloudflare.operatorToken}, id, {
        type: 'A',
        name,
        content: '203.0.113.7',
        ttl: 300,
        proxied: false,
      })
    } else {
      const id = world.route53.zone(zone)?.id ?? ''
      world.route53.changeRecordSets({name: 'operator'}, id, [
        {
          action: 'CREATE',
          recordSet: {
            name: `${name}.`,
            type: 'A',
            setIdentifier: 'theirs',
            multiValueAnswer: true,
            ttlSeconds: 300,
            values: ['203.0.113.7'],
          },
        },
      ])
    }
  }
  return async () => ({
    machines: machines.map(({id}) => world.triton.machine(id)?.state),
    instances: instances.map(id => /running|pending/.test(world.ec2.instance(id)?.state ?? '')),
    records: (await sim.members(fleet)).filter(({mark}) => mark === undefined),
  })
}

const tritonTags = (mark: Mark): Record<string, string> =>
  Object.fromEntries(Object.entries(markToTags(mark, 'mcd_')).map(([key, value]) => [`tag.${key}`, value]))

/** A law of the engine, by the words in which it is said to be broken. */
export class LawBroken extends Error {
  override name = 'LawBroken'
  readonly law: string

  constructor(law: string, found: string) {
    super(`${law}: ${found}`)
    this.law = law
  }
}

/** Throws unless it is as it must be. */
export function holds(law: string, found: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(found, wanted)) return
  throw new LawBroken(law, `${shown(found)} where ${shown(wanted)} should be`)
}

const shown = (value: unknown): string => inspect(value, {depth: 6, breakLength: 160, compact: 5})

/**
 * The world is exactly what the file declares: each group's count, none doubled or orphaned; DNS equal to the living, but
 * for those drained on purpose; no other hold left; ingress where it is wanted and nowhere else; the journal readable and its
 * lease free. Time passes first, so
 * that what is still on its way shows.
 */
export async function expectExactly(
  sim: SimulatedFleet,
  fleet: Fleet,
  counts: Readonly<Record<string, number>> = Object.fromEntries(
    fleet.groups.map(({name, count}) => [name, count]),
  ),
  {drained = []}: {readonly drained?: readonly string[]} = {},
): Promise<void> {
  await sim.time.advance(20 * 60_000)
  const living = truth(sim, fleet)
  const kept = living.filter(({id}) => drained.includes(id))
  const serving = living.filter(({id}) => !drained.includes(id))
  // A group that is declared and has no instances now may keep its ingress.
  const empty = new Set(Object.keys(counts).filter(name => counts[name] === 0))
  const perGroup: Record<string, number> = {}
  for (const {group} of living) perGroup[group] = (perGroup[group] ?? 0) + 1
  const members = await sim.members(fleet)
  const ours = members.filter(({mark}) => mark?.fleet === fleet.name)
  const wanted = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
  holds('exactly the declared instances', perGroup, wanted)
  holds(
    'every instance runs',
    [...new Set(living.map(({state}) => state))],
    living.length > 0 ? ['running'] : [],
  )
  holds(
    'no hold is left',
    ours
      .filter(({type}) => type === 'TXT')
      .map(({value}) => value)
      .sort(),
    fleet.names.flatMap(() => kept.map(({id}) => holdValue(id, 'drained'))).sort(),
  )
  holds(
    'DNS equals the living',
    ours
      .filter(({type}) => type === 'A')
      .map(({name, value, mark}) => `${name} ${value} ${mark?.instance}`)
      .sort(),
    fleet.names.flatMap(({name}) => serving.map(({id, address}) => `${name} ${address} ${id}`)).sort(),
  )
  for (const name of fleet.names)
    holds(
      'the SRV set equals the living',
      srvValues(sim, name),
      name.discovery
        ? serving
            .map(({id, group}) => {
              const {priority = 0, weight = 0} = fleet.groups.find(each => each.name === group) ?? {}
              return `${priority} ${weight} ${fleet.service.port} ${id}.${name.name}.`
            })
            .sort()
        : [],
    )
  holds(
    'ingress where it is wanted',
    ingress(sim, fleet)
      .filter(name => !empty.has(name))
      .sort(),
    fleet.groups
      .filter(({name, wish}) => (counts[name] ?? 0) > 0 && wish.open.length > 0)
      .map(({name}) => name)
      .sort(),
  )
  await expectSoundJournal(sim)
}

/** Readable, at its end, and nobody holds the lease; of secrets it knows nothing. */
export async function expectSoundJournal(sim: SimulatedFleet): Promise<void> {
  const events = await sim.journal.read()
  const {nextSequence, lease} = fold(events)
  holds('the journal is readable', nextSequence, events.length + 1)
  holds('the lease is free', lease, undefined)
  const text = JSON.stringify(events)
  const told = SECRETS.filter(secret => text.includes(secret))
  holds('no secret is in the journal', told, [])
}

/** What the fleet's userdata, metadata and credentials hold in the simulation. */
const SECRETS = [CANARY, SANDBOX.cloudflare.operatorToken, SANDBOX.cloudflare.instancesToken]

/** What leads to hosts under this name, whichever SRV set of its zone it stands in. */
function srvValues(sim: SimulatedFleet, {vendor, zone, name}: Fleet['names'][number]): string[] {
  if (vendor !== 'route53') return []
  return [...(sim.world.route53.zone(zone)?.sets.values() ?? [])]
    .flat()
    .flatMap(({type, values = []}) => (type === 'SRV' ? values : []))
    .filter(value => value.endsWith(`.${name}.`))
    .sort()
}

/** The groups that have ingress of ours, once for each piece. */
function ingress(sim: SimulatedFleet, fleet: Fleet): string[] {
  const regions = new Set(fleet.groups.flatMap(({place}) => place.region ?? []))
  const ec2 = [...regions].flatMap(region =>
    [...sim.world.ec2.region(region).groups.values()].flatMap(({tags}) =>
      tags.get('mcd:fleet') === fleet.name ? [tags.get('mcd:group') ?? ''] : [],
    ),
  )
  const triton = [...sim.world.triton.account().rules.values()].flatMap(
    ({description}) => /g=([a-z0-9-]+)/.exec(description ?? '')?.[1] ?? [],
  )
  return [...ec2, ...triton]
}
