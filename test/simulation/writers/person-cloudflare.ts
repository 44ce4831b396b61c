import {SANDBOX} from '../../../src/sandbox/world/credentials.ts'
import type {Carry} from '../../support/carry.ts'
import {NAME} from './machines.ts'
import type {Stage} from './stage.ts'

const session = {token: SANDBOX.cloudflare.operatorToken}
const params = new URLSearchParams({'name.exact': NAME, per_page: '1000'})

/** Somebody in CloudFlare's dashboard: looks at the records, and after a while does something about one of them. */
export async function actInCloudflare(stage: Stage, carry: Carry): Promise<void> {
  const {cloudflare} = stage.world
  const zone = cloudflare.zone('example.com')?.id ?? ''
  const {items} = await carry('cloudflare:records', async () => cloudflare.listRecords(session, zone, params))
  const foreign = items.filter(({comment}) => !comment?.startsWith('mcd:'))
  const theirs = stage.oneOf(foreign)
  const ours = stage.oneOf(items.filter(({comment}) => comment?.startsWith('mcd:')))
  const change = (call: string, work: () => unknown) => carry(`cloudflare:${call}`, async () => void work())
  const draw = stage.below(10)
  if (draw < 3 && foreign.length < stage.strangers) {
    const content = stage.chance(0.3) ? (ours?.content ?? '203.0.113.1') : `203.0.113.${1 + stage.below(20)}`
    const comment = stage.chance(0.5) ? 'by hand' : undefined
    await change('create', () =>
      cloudflare.createRecord(session, zone, {
        type: 'A',
        name: NAME,
        content,
        ttl: 300,
        ...(comment && {comment}),
      }),
    )
  } else if (draw < 5 && theirs)
    await change('patch', () => cloudflare.patchRecord(session, zone, theirs.id, {ttl: 120 + stage.below(5)}))
  else if (draw < 6 && theirs) await change('delete', () => cloudflare.deleteRecord(session, zone, theirs.id))
  else if (ours) {
    // Drift, and what was ours made theirs.
    const edit = stage.oneOf([
      {ttl: 900},
      {comment: ''},
      {comment: 'mine now'},
      {content: `203.0.113.${50 + stage.below(20)}`},
    ])
    await change('patch', () => cloudflare.patchRecord(session, zone, ours.id, edit))
  }
}
