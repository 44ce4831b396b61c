import type {ComputeNeeds, Finding} from '../../examine.ts'
import {markOf, stateOf, type VendorTarget} from '../convert.ts'
import type {ApiImage, ApiLimit, ApiPackage} from '../shapes.ts'
import type {Entered} from './access.ts'
import type {Resolved} from './offer.ts'
import type {Reads} from './reads.ts'
import {ask} from './told.ts'

/** Instances that are still to be launched of one package and image. */
type Order = {readonly count: number; readonly pkg: ApiPackage; readonly image: ApiImage}

/** Whether the operator of the cloud lets the account have what is still to be launched. */
export async function examineQuota(
  {client, caller}: Entered,
  needs: ComputeNeeds,
  resolved: readonly Resolved[],
  reads: Reads,
): Promise<Finding[]> {
  const {value: limits, finding} = await ask('GET limits', caller, client.listLimits)
  if (finding.check === 'reach') return [finding]
  if (!limits?.length) {
    const told = finding.outcome === 'ok' ? 'This data centre tells of no limits' : finding.detail
    const detail = `${told}; if there are any, only a launch meets them.`
    return [{check: 'quota', subject: 'provisioning limits', outcome: 'unknown', detail}]
  }
  // Without the list of instances nobody knows how many are still to come.
  if (!reads.machines) return []
  const orders = resolved.flatMap(one => ordersOf(one, needs, reads))
  return limits.map(limit => headroom(limit, orders))
}

function ordersOf({group, target}: Resolved, {fleet, dns}: ComputeNeeds, reads: Reads): Order[] {
  const [type = ''] = group.wish.types
  const packageId = (target.vendor as VendorTarget).packages[type]
  const pkg = reads.packages?.find(({id}) => id === packageId)
  const image = reads.images?.find(({id}) => id === target.imageId)
  const living = (reads.machines ?? []).filter(machine => {
    const mark = markOf(machine)
    return (
      stateOf(machine) !== 'gone' && mark?.fleet === fleet && mark.dns === dns && mark.group === group.name
    )
  })
  return pkg && image ? [{count: Math.max(0, group.count - living.length), pkg, image}] : []
}

/** In the limit's own unit: MiB of memory, GiB of disk, or instances. */
function headroom(limit: ApiLimit, orders: readonly Order[]): Finding {
  const {value, by, used} = limit
  const about = {check: 'quota' as const, subject: `limit on ${nameOf(limit)}`}
  const needed = orders
    .filter(order => counts(limit, order))
    .reduce(
      (sum, {count, pkg}) =>
        sum + count * (by === 'ram' ? pkg.memory : by === 'quota' ? (pkg.disk ?? 0) / 1024 : 1),
      0,
    )
  const unit = by === 'ram' ? ' MiB of memory' : by === 'quota' ? ' GiB of disk' : ''
  const toCome = `what is still to be launched takes ${needed}${unit}`
  if (used === undefined && value >= 0)
    return {
      ...about,
      outcome: 'unknown',
      detail: `The limit is ${value}, and how much is used is not told; ${toCome}.`,
    }
  const detail =
    value < 0
      ? `The operator lets nothing more be launched; ${toCome}.`
      : `${used} of ${value} are used; ${toCome}.`
  if (needed === 0 || (value >= 0 && (used ?? 0) + needed <= value)) return {...about, outcome: 'ok', detail}
  return {
    ...about,
    outcome: 'failed',
    detail,
    remedy:
      'Ask the operator of this cloud for a higher limit, end instances that nobody needs, or lower "count".',
  }
}

function nameOf({by, check, brand, image, os}: ApiLimit): string {
  const what = by === 'ram' ? 'memory' : by === 'quota' ? 'disk' : 'instances'
  return check ? `${what} of ${check} ${brand ?? image ?? os}` : what
}

/** A disk image without a brand of its own runs on KVM (plugins/provision_limits.js of sdc-cloudapi). */
function counts({check, brand, image, os}: ApiLimit, order: Order): boolean {
  switch (check) {
    case 'brand':
      return brand === (order.image.requirements?.brand ?? 'kvm')
    case 'image':
      return image === order.image.name
    case 'os':
      return os === order.image.os
    default:
      return true
  }
}
