import type {FleetCheck} from '../check/check-groups.ts'
import type {ServerAnswer} from '../fleet/outside.ts'
import type {Standing} from '../fleet/turn/lease.ts'
import type {ZoneKey} from '../journal/events.ts'
import type {Lease} from '../journal/fold-lease.ts'
import type {ComputeProvider, Place} from '../providers/compute.ts'
import type {DnsCredentials, DnsProvider, DnsVendor, Zone} from '../providers/dns.ts'
import type {ExamineCompute, ExamineDns} from '../providers/examine.ts'
import type {Runtime} from '../runtime.ts'
import type {OpenedState} from '../state/open.ts'
import type {ClockReading} from './clock.ts'
import type {SshHere} from './ssh.ts'

/** What an examination asks, each of which only reads. What is made for one vendor may throw McdError where that lacks credentials. */
export type DoctorOutside = {
  readonly runtime: Runtime
  examineCompute(place: Place): ExamineCompute
  examineDns(vendor: DnsVendor, credentials?: DnsCredentials): ExamineDns
  compute(place: Place): ComputeProvider
  dns(vendor: DnsVendor): DnsProvider
  /** What the servers of those that hold signatures against their clock show. Who does not answer is left out. */
  readClocks(): Promise<ClockReading[]>
  /** To which name servers whoever asks is led for a zone; nobody is asked unless somebody was named. */
  askDelegation(vendor: DnsVendor, zone: string): Promise<readonly ServerAnswer[]>
  /** What each group's instances would get. Zones that could not be read have a placeholder for an id. */
  checkUserdata(zones: ReadonlyMap<ZoneKey, Zone>): FleetCheck
  /** To read only. */
  openState(): Promise<OpenedState>
  standing(lease: Lease | undefined): Standing
  ssh: SshHere
}
