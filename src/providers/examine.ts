import type {LaunchWish} from './compute.ts'
import type {NameWish} from './dns.ts'

/**
 * One thing that `mcd doctor` looked at. `check` and `subject` are for programs, too: the same check of the same fleet bears the
 * same words in every run.
 */
export type Finding = {
  readonly check:
    | 'reach'
    | 'identity'
    | 'permission'
    | 'image'
    | 'type'
    | 'network'
    | 'key'
    | 'quota'
    | 'userdata'
    | 'zone'
    | 'delegation'
    | 'records'
    | 'clock'
    | 'state'
    | 'settings'
  /** What was looked at, in the vendor's own words where there are such: `ec2:RunInstances`, `t3.micro in us-east-1`. */
  readonly subject: string
  /** 'unknown': it could not be asked, and nothing that the fleet needs depends on the answer. It fails nothing. */
  readonly outcome: 'ok' | 'failed' | 'warning' | 'unknown'
  /** What was found, a sentence. Never a secret. */
  readonly detail: string
  /** What to do; begins with a verb. Where something failed, or is warned of. */
  readonly remedy?: string
}

/** What a fleet needs of one place. */
export type ComputeNeeds = {
  readonly fleet: string
  /** The fleet's first full DNS name. */
  readonly dns: string
  readonly groups: readonly {
    readonly name: string
    readonly count: number
    readonly wish: LaunchWish
  }[]
}

/** What a fleet needs of one zone. */
export type ZoneNeeds = {
  readonly zone: string
  readonly names: readonly NameWish[]
  /**
   * Looks with the credentials of instances, and at what those need alone: registering themselves in these names. They may not
   * search for the zone: its id, where the vendor asks for one, is what they are told.
   */
  readonly forInstances?: {readonly zoneId: string}
}

/**
 * Tries everything that a run would need, with calls that cannot change anything (decision 31), and says what it found. What
 * goes wrong is a finding, and what could not be asked after it is left out; only an interrupted run throws its reason. Retries
 * and pacing as for ComputeProvider.
 */
export type ExamineCompute = (needs: ComputeNeeds) => Promise<Finding[]>

/** The same for a zone. */
export type ExamineDns = (needs: ZoneNeeds) => Promise<Finding[]>
