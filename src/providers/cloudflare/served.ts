import type {DnsReply} from '../../dns/query.ts'
import type {Runtime} from '../../runtime.ts'
import type {Member} from '../dns.ts'
import {memberKey} from './convert.ts'

/** Asks one of the zone's name servers. Rejects when it gave no answer. */
export type AskNameServer = (nameServer: string, name: string, type: string) => Promise<DnsReply>

/** 'silent': nobody still answers with them, but some server gave no answer at all. */
export type Verdict = 'gone' | 'answered' | 'silent'

/**
 * Whether the name servers still answer with any of these members. A server that gives no answer, or one that is neither
 * yes nor no (SERVFAIL, REFUSED), may still be telling others the old one: it counts as silent.
 */
export async function askAll(
  nameServers: readonly string[],
  removed: readonly Member[],
  ask: AskNameServer,
): Promise<Verdict> {
  const questions = [...new Map(removed.map(({name, type}) => [`${name} ${type}`, {name, type}])).values()]
  const gone = new Set(removed.map(memberKey))
  const verdicts = await Promise.all(
    nameServers.flatMap(nameServer =>
      questions.map(async ({name, type}): Promise<Verdict> => {
        const reply = await ask(nameServer, name, type).catch(() => undefined)
        if (reply?.rcode !== 'NOERROR' && reply?.rcode !== 'NXDOMAIN') return 'silent'
        const told = reply.answers.some(
          answer =>
            answer.type === type && gone.has(memberKey({name: answer.name, type, value: answer.value})),
        )
        return told ? 'answered' : 'gone'
      }),
    ),
  )
  if (verdicts.includes('answered')) return 'answered'
  return nameServers.length > 0 && verdicts.every(verdict => verdict === 'gone') ? 'gone' : 'silent'
}

/** CloudFlare publishes a change within seconds: what is older than this has reached every server. */
const ARRIVED_AFTER_MS = 60_000
const POLL_MS = 1_000

/**
 * Waits until the servers answer with what is about to be removed, where it was made a moment ago (`madeAtMs`). Until then its
 * absence there would tell nothing of its removal: it may appear yet, and be remembered for a TTL from then on.
 */
export async function awaitArrival(
  nameServers: readonly string[],
  doomed: readonly Member[],
  madeAtMs: (member: Member) => number,
  ask: AskNameServer,
  runtime: Runtime,
): Promise<void> {
  for (const member of doomed) {
    const arrivedAtMs = madeAtMs(member) + ARRIVED_AFTER_MS
    while (runtime.now() < arrivedAtMs && (await askAll(nameServers, [member], ask)) !== 'answered')
      await runtime.sleep(POLL_MS)
  }
}
