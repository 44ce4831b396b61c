import {SANDBOX} from '../../src/sandbox/world/credentials.ts'
import {idleHypervisor} from '../../src/sandbox/world/hypervisor.ts'
import type {ChangeInput, RecordSetInput} from '../../src/sandbox/world/route53/change-input.ts'
import type {HostedZone} from '../../src/sandbox/world/route53/zone.ts'
import {createWorld} from '../../src/sandbox/world/world.ts'
import {VirtualTime} from './virtual-runtime.ts'

export const DNS_SERVED_MS = 30_000
const OPERATOR = {name: 'operator'}

/** A world on virtual time that begins now, since signatures are dated by the SDK's own clock. */
export function route53Scene() {
  const time = new VirtualTime({startMs: Date.now()})
  const {clock, random} = time
  const world = createWorld({
    clock,
    random,
    hypervisor: idleHypervisor(),
    delays: {dnsServedMs: DNS_SERVED_MS},
  })
  const zone = world.route53.zone(SANDBOX.zone) as HostedZone
  return {
    time,
    world,
    zone,
    create: (...sets: RecordSetInput[]) =>
      world.route53.changeRecordSets(
        OPERATOR,
        zone.id,
        sets.map(recordSet => ({action: 'CREATE', recordSet})),
      ),
    change: (...changes: ChangeInput[]) => world.route53.changeRecordSets(OPERATOR, zone.id, changes),
  }
}
