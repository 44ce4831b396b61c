import type {DnsName, Fleet} from '../../src/fleet/model.ts'
import {markFromComment, markFromSetIdentifier} from '../../src/mark.ts'
import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {VendorError} from '../../src/sandbox/world/vendor-error.ts'
import type {World} from '../../src/sandbox/world/world.ts'
import {truth} from '../support/laws.ts'
import type {Stage} from './stage.ts'
import type {Strike} from './story.ts'

/** Nobody's: from the documentation range. */
const STRANGER = '203.0.113.9'
const RAISED_TTL_SECONDS = 900
const HANGS_MS = 60_000
const RESTS_MS = 100_000
const AGAIN_MS = 5_000
/** Longer than any boot takes. */
const BOOTS_MS = 60_000
const operator = {name: 'operator'}
const session = {token: SANDBOX.cloudflare.operatorToken}

/** Somebody else's hand in a cloud or a zone. Returns what it did, for people. */
export function strike(stage: Stage, fleet: Fleet, {does, which}: Strike): string {
  const [name] = fleet.names
  if (!name) return 'no name to edit'
  try {
    if (does === 'end-instance') return endInstance(stage, fleet, which)
    if (does === 'hang-instance') return hangInstance(stage, fleet, which)
    if (does === 'stop-instance') return stopInstance(stage, fleet, which)
    return editZone(stage.sim.world, fleet, name, does, which)
  } catch (error) {
    if (error instanceof VendorError) return `${does}: refused, ${error.message}`
    throw error
  }
}

function endInstance({sim: {world}, sim, watch}: Stage, fleet: Fleet, which: number): string {
  const living = truth(sim, fleet).filter(({state}) => state === 'running')
  const victim = living[which % Math.max(1, living.length)]
  if (!victim) return 'nobody to end'
  const {id} = victim
  watch.excused.add(id)
  const instance = world.ec2.instance(id)
  if (instance)
    world.ec2.call({principal: operator, region: instance.region}, 'TerminateInstances', {instanceIds: [id]})
  else world.triton.session(SANDBOX.triton.account, operator).machines.delete(id)
  return `ended ${id}`
}

/** It answers its health check with errors, and is well again after a while. */
function hangInstance({sim, resting}: Stage, fleet: Fleet, which: number): string {
  const living = truth(sim, fleet).filter(({state}) => state === 'running')
  const {id} = living[which % Math.max(1, living.length)] ?? {}
  if (id === undefined) return 'nobody to hang'
  sim.guests.setServing(id, false)
  resting.add(id)
  sim.time.clock.after(HANGS_MS, () => {
    sim.guests.setServing(id, true)
    resting.delete(id)
  })
  return `${id} hangs`
}

/** By its owner, who starts it again. */
function stopInstance(stage: Stage, fleet: Fleet, which: number): string {
  const {sim, watch, resting} = stage
  const {world} = sim
  const living = truth(sim, fleet).filter(({state}) => state === 'running')
  const {id} = living[which % Math.max(1, living.length)] ?? {}
  if (id === undefined) return 'nobody to stop'
  const instance = world.ec2.instance(id)
  const does = (action: 'start' | 'stop') => {
    if (!instance) world.triton.session(SANDBOX.triton.account, operator).machines.act(id, {action})
    else
      world.ec2.call(
        {principal: operator, region: instance.region},
        action === 'stop' ? 'StopInstances' : 'StartInstances',
        {instanceIds: [id]},
      )
  }
  const startAgain = () => {
    const state = (instance ?? world.triton.machine(id))?.state
    if (state === 'stopping' || state === 'running') {
      sim.time.clock.after(AGAIN_MS, startAgain)
      return
    }
    if (state === 'stopped') {
      watch.excused.delete(id)
      does('start')
    }
    sim.time.clock.after(BOOTS_MS, () => resting.delete(id))
  }
  does('stop')
  watch.excused.add(id)
  resting.add(id)
  sim.time.clock.after(RESTS_MS, startAgain)
  return `stopped ${id}`
}

function editZone(
  {cloudflare, route53}: World,
  fleet: Fleet,
  {vendor, zone: zoneName, name}: DnsName,
  does: Exclude<Strike['does'], 'end-instance' | 'hang-instance' | 'stop-instance'>,
  which: number,
): string {
  if (vendor === 'cloudflare') {
    const zone = cloudflare.zone(zoneName)
    if (!zone) return 'no zone'
    if (does === 'add-record') {
      cloudflare.createRecord(session, zone.id, {
        type: 'A',
        name,
        content: STRANGER,
        ttl: 300,
        proxied: false,
      })
      return `added ${STRANGER}`
    }
    const ours = [...zone.records.values()].filter(
      record => record.name === name && markFromComment(record.comment)?.fleet === fleet.name,
    )
    const record = ours[which % Math.max(1, ours.length)]
    if (!record) return 'no record to edit'
    if (does === 'delete-record') cloudflare.deleteRecord(session, zone.id, record.id)
    else cloudflare.patchRecord(session, zone.id, record.id, {ttl: RAISED_TTL_SECONDS})
    return `${does} ${record.content}`
  }
  const zone = route53.zone(zoneName)
  if (!zone) return 'no zone'
  if (does === 'add-record') {
    const recordSet = {
      name: `${name}.`,
      type: 'A',
      setIdentifier: 'a stranger',
      multiValueAnswer: true,
      ttlSeconds: 300,
      values: [STRANGER],
    }
    route53.changeRecordSets(operator, zone.id, [{action: 'CREATE', recordSet}])
    return `added ${STRANGER}`
  }
  const ours = (zone.sets.get(`${name}.`) ?? []).filter(
    set => set.type === 'A' && markFromSetIdentifier(set.setIdentifier)?.fleet === fleet.name,
  )
  const set = ours[which % Math.max(1, ours.length)]
  if (!set) return 'no record to edit'
  const change =
    does === 'delete-record'
      ? {action: 'DELETE', recordSet: set}
      : {action: 'UPSERT', recordSet: {...set, ttlSeconds: RAISED_TTL_SECONDS}}
  route53.changeRecordSets(operator, zone.id, [change])
  return `${does} ${set.values?.join()}`
}
