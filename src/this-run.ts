import {hostname, userInfo} from 'node:os'
import type {Identity} from './fleet/lease.ts'
import {identifyProcess} from './process-identity.ts'
import {VERSION} from './version.ts'

/** Who this run is: for people, and for the runs that look whether it still works. */
export function thisRun(): Identity {
  const self = identifyProcess()
  return {
    version: VERSION,
    host: hostname(),
    user: userInfo().username,
    pid: process.pid,
    ...(self ? {process: self} : {}),
  }
}
