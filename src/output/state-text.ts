import type {StateReport} from '../state/state-report.ts'
import {shortIds} from './short-id.ts'
import {table} from './table.ts'

/** What the journal knows, as people read it. */
export function stateText(report: StateReport): string {
  const {fleet, journal, events, snapshot, owners, names, longestTtlSeconds, instances} = report
  if (events === 0) return `Fleet ${fleet} has no journal yet: ${journal} is not there.`
  const head = [
    `Fleet ${fleet}, owner name ${owners.join(', formerly ') || 'not recorded'}`,
    `journal   ${journal}`,
    `events    ${events}${snapshot === undefined ? '' : `, folded up to event ${snapshot}`}`,
    `lease     ${leaseText(report.lease)}`,
    `instances ${instances.launched} launched, ${instances.found} found by their marks`,
    `TTL       at most ${longestTtlSeconds} s in this fleet's lifetime`,
  ]
  const places = report.places.map(({key, account, left, silentSince}) => [
    key,
    account,
    left
      ? 'left: nothing of this fleet is there'
      : silentSince === undefined
        ? ''
        : `silent since ${moment(silentSince)}`,
  ])
  const zones = report.zones.map(({key, id, account}) => [key, id, account])
  const published = names.map(({name, vendor, zone, longestTtlSeconds: ttl, since}) => [
    name,
    `${vendor}/${zone}`,
    `${ttl} s`,
    moment(since),
  ])
  return [
    head.join('\n'),
    table(['PLACE', 'ACCOUNT', ''], places),
    table(['ZONE', 'ID', 'ACCOUNT'], zones),
    table(['NAME', 'ZONE', 'LONGEST TTL', 'PUBLISHED SINCE (UTC)'], published),
    ...unsettled(report),
  ]
    .filter(Boolean)
    .join('\n\n')
}

/** What a next run would go on with; nothing to show is said in a line. */
function unsettled(report: StateReport): string[] {
  const {openLaunches, leaving, drained, loweredTtls, replacementAsked, notificationsOwed} = report
  const launches = openLaunches.map(
    ({count, type, zone, group, sentAt, launch}) =>
      `  ${count} × ${type} in ${zone} for group ${group}, sent ${moment(sentAt)} (launch ${launch})`,
  )
  const drains = leaving.map(
    ({instance, zones}) =>
      `  ${shortIds(instance)}: ${zones.map(({zone, removedAt, servedAt}) => `out of ${zone} at ${moment(removedAt)}${servedAt === undefined ? '' : `, no longer served at ${moment(servedAt)}`}`).join('; ')}`,
  )
  const asked = replacementAsked.map(({instance, since}) => `  ${shortIds(instance)}, since ${moment(since)}`)
  const out = drained.map(({instance, since}) => `  ${shortIds(instance)}, since ${moment(since)}`)
  const lowered = loweredTtls.map(
    ({name, vendor, ttlSeconds, since, settledAt}) =>
      `  ${name} in ${vendor}: ${ttlSeconds} s since ${moment(since)}, ${settledAt === undefined ? 'the longer one not known to have passed' : `the longer one passed at ${moment(settledAt)}`}`,
  )
  const owed = notificationsOwed.map(
    ({type, since, receivers}) => `  ${type}, since ${moment(since)}: ${receivers.join(', ')}`,
  )
  const parts = [
    titled('LAUNCHES WITHOUT AN ANSWER', launches),
    titled('ON THEIR WAY OUT', drains),
    titled('DRAINED', out),
    titled('LOWERED TTL', lowered),
    titled('TO BE REPLACED', asked),
    titled('NOTIFICATIONS OWED', owed),
  ].filter(Boolean)
  return parts.length > 0 ? parts : ['Nothing is under way.']
}

const titled = (title: string, lines: readonly string[]): string =>
  lines.length > 0 ? [title, ...lines].join('\n') : ''

function leaseText(lease: StateReport['lease']): string {
  switch (lease.holder) {
    case 'free':
      return 'free'
    case 'left':
      return `held by run ${shortIds(lease.run)}, which is dead: the next run takes it over`
    default: {
      const who = `"mcd ${lease.command}" by ${lease.user}@${lease.host} (process ${lease.pid}), run ${shortIds(lease.run)}, since ${moment(lease.startedAt)}`
      return lease.holder === 'alive'
        ? `held by ${who}`
        : `held by ${who}; last sign of life ${moment(lease.lastSignAt)}`
    }
  }
}

/** `2026-01-01 12:00:00` out of its ISO form. */
const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ')
