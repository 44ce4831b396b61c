import {hostname} from 'node:os'
import {type Identity, type Standing, standingOf} from '../fleet/turn/lease.ts'
import type {Lease} from '../journal/fold-lease.ts'
import {identifyProcess, isRunning, userName} from '../process-identity.ts'
import {VERSION} from '../version.ts'
import {ciJob} from './ci-job.ts'

/** Who this run is: for people, and for the runs that look whether it still works. */
export function thisRun(): Identity {
  const self = identifyProcess()
  const job = ciJob(process.env)
  return {
    version: VERSION,
    host: hostname(),
    user: userName(),
    pid: process.pid,
    ...(job === undefined ? {} : {job}),
    ...(self ? {process: self} : {}),
  }
}

/** Who holds a lease, as far as this host can see. */
export const standingHere = (lease: Lease | undefined): Standing => standingOf(lease, thisRun(), isRunning)
