import type {DnsReply} from '../../dns/query.ts'
import type {Member} from '../dns.ts'
import {memberKey} from './convert.ts'

/** Asks one of the zone's name servers. Rejects when it gave no answer. */
export type AskNameServer = (nameServer: string, name: string, type: string) => Promise<DnsReply>

/**
 * Whether none of the name servers answers with any of these members any more. A server that gives no answer, or one that is
 * neither yes nor no (SERVFAIL, REFUSED), may still be telling others the old one: it counts as not yet.
 */
export async function nobodyAnswers(
  nameServers: readonly string[],
  removed: readonly Member[],
  ask: AskNameServer,
): Promise<boolean> {
  const questions = [...new Map(removed.map(({name, type}) => [`${name} ${type}`, {name, type}])).values()]
  const gone = new Set(removed.map(memberKey))
  const verdicts = await Promise.all(
    nameServers.flatMap(nameServer =>
      questions.map(async ({name, type}) => {
        const reply = await ask(nameServer, name, type).catch(() => undefined)
        if (reply?.rcode !== 'NOERROR' && reply?.rcode !== 'NXDOMAIN') return false
        return !reply.answers.some(
          answer =>
            answer.type === type && gone.has(memberKey({name: answer.name, type, value: answer.value})),
        )
      }),
    ),
  )
  return nameServers.length > 0 && verdicts.every(Boolean)
}
