import type {ExamineCompute, Finding} from '../examine.ts'
import type {JoyentComputeOptions} from './connect.ts'
import {examineAccess} from './examine/access.ts'
import {examineAccountKeys} from './examine/account-keys.ts'
import {examineFirewalls} from './examine/firewall.ts'
import {examineOffer} from './examine/offer.ts'
import {examineQuota} from './examine/quota.ts'
import {examineReads} from './examine/reads.ts'
import {examineWrites} from './examine/writes.ts'

/** Looks at one data centre with calls that cannot change anything. */
export function examineJoyent(options: JoyentComputeOptions): ExamineCompute {
  return async needs => {
    const {findings: access, entered} = await examineAccess(options)
    if (!entered) return access
    const {findings: permissions, reads} = await examineReads(entered, needs)
    const offer = examineOffer(needs, entered.datacenter, reads)
    const [writes, keys, quota] = await Promise.all([
      examineWrites(entered, needs),
      examineAccountKeys(entered),
      examineQuota(entered, needs, offer.resolved, reads),
    ])
    return reachOnce([
      ...access,
      ...permissions,
      ...writes,
      keys,
      ...offer.findings,
      ...examineFirewalls(needs, reads),
      ...quota,
    ])
  }
}

/** Calls made side by side all meet the same silence. */
function reachOnce(findings: readonly Finding[]): Finding[] {
  const first = findings.find(({check}) => check === 'reach')
  return findings.filter(finding => finding.check !== 'reach' || finding === first)
}
