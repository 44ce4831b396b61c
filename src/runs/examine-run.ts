import {basename} from 'node:path'
import type {NameServer} from '../dns/query.ts'
import {examineFleet} from '../doctor/examine-fleet.ts'
import type {Examination, FleetFinding} from '../doctor/finding.ts'
import type {SpofReport} from '../doctor/spof/component.ts'
import {components} from '../doctor/spof/components.ts'
import {lookAtPlaces} from '../doctor/spof/look.ts'
import {FleetFileError} from '../errors.ts'
import {type FleetSource, readFleetFile} from '../fleet/file/read.ts'
import type {Fleet} from '../fleet/model.ts'
import {openState} from '../state/open.ts'
import {standingHere} from '../state/this-run.ts'
import {consult} from '../surroundings/consult.ts'
import {surround} from '../surroundings/context.ts'

export type ExamineFlags = FleetSource & {
  readonly sandbox: boolean
  readonly resolvers: readonly NameServer[]
  readonly signal: AbortSignal
}

/** `mcd doctor --spof`: of what the fleet has only one. */
export async function runSpof(
  flags: Omit<ExamineFlags, 'resolvers'>,
): Promise<{report: SpofReport; isNewSandbox: boolean}> {
  const {fleet, outside, isNewSandbox} = await openPractice({...flags, resolvers: []})
  const report = {
    fleet: fleet.name,
    dns: fleet.dns,
    components: components(fleet, await lookAtPlaces(outside, fleet)),
  }
  return {report, isNewSandbox}
}

/** `mcd doctor`: everything that a run of this fleet would need, tried out without one. */
export async function runExamination(
  flags: ExamineFlags,
): Promise<{examination: Examination; isNewSandbox: boolean}> {
  const {fleet, outside, isNewSandbox} = await openPractice(flags)
  const findings = [
    ...(await settingsFindings(flags)),
    ...warningFindings(fleet),
    ...(await examineFleet(outside, fleet)),
  ]
  return {examination: describe(fleet, findings), isNewSandbox}
}

async function openPractice(flags: ExamineFlags) {
  const {sandbox, signal, resolvers} = flags
  const declared = await readForPractice(flags)
  const {fleet, around, isNewSandbox} = await surround(declared, {sandbox, signal, looks: true})
  const outside = consult(fleet, around, {
    resolvers,
    openState: () => openState(fleet, {sandbox, readOnly: true, signal}),
    standing: standingHere,
  })
  return {fleet, outside, isNewSandbox}
}

/** Also without what only others use, such as a token of the instances: the findings name it. */
async function readForPractice(flags: Omit<ExamineFlags, 'resolvers'>): Promise<Fleet> {
  const {sandbox} = flags
  try {
    return await readFleetFile(flags, {sandbox})
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error
    return readFleetFile(flags, {sandbox, mayLackSecrets: true}).catch(() => {
      throw error
    })
  }
}

function describe({name, dns}: Fleet, findings: readonly FleetFinding[]): Examination {
  const count = (outcome: FleetFinding['outcome']) =>
    findings.filter(finding => finding.outcome === outcome).length
  return {
    fleet: name,
    dns,
    counts: {
      ok: count('ok'),
      failed: count('failed'),
      warning: count('warning'),
      unknown: count('unknown'),
    },
    findings,
  }
}

/** What `up` would refuse of a file that is one all the same. */
async function settingsFindings(flags: ExamineFlags): Promise<FleetFinding[]> {
  try {
    await readFleetFile(flags, {sandbox: flags.sandbox, needsInstanceCredentials: true})
    return []
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error
    return error.problems.map(({file: path, line, column = 1, message, hint}) => ({
      check: 'settings',
      subject: line === undefined ? path : `${path}:${line}:${column}`,
      outcome: 'failed',
      detail: `${message}.`,
      ...(hint === undefined ? {} : {remedy: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.`}),
    }))
  }
}

const warningFindings = ({warnings, file}: Fleet): FleetFinding[] =>
  warnings.map(detail => ({check: 'settings', subject: basename(file), outcome: 'warning', detail}))
