import type {Kind} from './writers/machines.ts'

/** One thing taken away from mcd, or put wrong: what stands once in a file, and what is read in its place. */
export type Mutation = {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Shown by writers that share a name in this kind of set; else by stories. */
  readonly writers?: Kind
}

/** What the simulation must notice. Each is a mistake that somebody could make, and that would cost somebody money or a name. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the intent is written after the call',
    file: 'src/fleet/turn/ledger.ts',
    find: `      await append({type: 'intent', step, what})
      return repeat(step, call, judge)`,
    replace: `      const early = await call().then(value => ({value}), error => ({error}))
      await append({type: 'intent', step, what})
      return repeat(step, async () => { if ('error' in early) throw early.error; return early.value }, judge)`,
  },
  {
    name: 'an open launch is not looked for',
    file: 'src/fleet/plan/groups/standing.ts',
    find: 'const open = [...view.openLaunches.values()].filter(isHere)',
    replace: 'const open = []',
  },
  {
    name: 'a lost reply is a failure',
    file: 'src/fleet/apply/pass.ts',
    find: '? error.effect',
    replace: "? 'none'",
  },
  {
    name: 'the token of an earlier launch is used again',
    file: 'src/fleet/apply/apply-launch.ts',
    find: 'launch: outside.runtime.id(),',
    replace: `launch: [...ledger.recorded().launches.values()].findLast(({order}) =>
        order.mark.group === group.name && order.zone.name === action.zone.name)?.order.mark.launch ?? outside.runtime.id(),`,
  },
  {
    name: 'a token goes out with other parameters',
    file: 'src/fleet/apply/apply-launch.ts',
    find: 'if (wanted && userdata && userdata.digest(digestKey(ledger)) === userdataDigest) {',
    replace: 'if (wanted && userdata) {',
  },
  {
    name: 'a failed read of a cloud is an empty list',
    file: 'src/fleet/observe/outages.ts',
    find: '      silent.set(key, unread)',
    replace: "      if (!key.includes('/')) return {readable: true, instances: [], network: []}",
  },
  {
    name: 'the lease is not checked before an append',
    file: 'src/fleet/turn/ledger.ts',
    find: 'if (!mayWrite(recorded.lease, run, added)) throw loss ?? lostLease(recorded.lease, run)',
    replace: '',
  },
  {
    name: 'the expected sequence is ignored',
    file: 'src/journal/memory.ts',
    find: 'if (next !== expectedSequence) throw new LostAppendError(expectedSequence, next)',
    replace: '',
  },
  {
    name: 'nobody waits for resolvers to forget',
    file: 'src/fleet/plan/leaving/drain.ts',
    find: "return view.observed.atMs < untilMs ? {until: 'forgotten', zones, after: [], untilMs} : undefined",
    replace: 'return undefined',
  },
  {
    name: 'a removal counts as served when it is accepted',
    file: 'src/fleet/apply/await-served.ts',
    find: 'if (!answers.every(Boolean)) continue',
    replace: '',
  },
  {
    name: 'who has no record is not asked for at the servers',
    file: 'src/fleet/apply/await-served.ts',
    find: 'if (bare.size > 0 &&',
    replace: 'if (false &&',
  },
  {
    name: 'instances end before they leave DNS',
    file: 'src/fleet/plan/leaving/leave.ts',
    find: 'for (const each of first) end.after.add(each)',
    replace: '',
  },
  {
    name: 'no hold is written',
    file: 'src/fleet/plan/leaving/leave.ts',
    find: '.filter(({instance: {id}}) => !held.has(id) && (selfRegistered || cameBack(id)))',
    replace: '.filter(() => false)',
  },
  {
    name: "others' records leave with ours",
    file: 'src/fleet/plan/leaving/leave.ts',
    find: `({mark, type}) => type !== 'TXT' && mark?.fleet === view.desired.fleet.name && ids.has(mark.instance),`,
    replace: "({type}) => type !== 'TXT',",
  },
  {
    name: "another owner's instances count as ours",
    file: 'src/fleet/plan/fleet-view.ts',
    find: 'if (!owners.has(instance.mark.dns)) {',
    replace: 'if (false) {',
  },
  {
    name: 'old ones leave before new ones serve',
    file: 'src/fleet/plan/plan.ts',
    find: "const gate = building.length > 0 ? building : short ? ['the declared instances serve'] : []",
    replace: 'const gate = []',
  },
  {
    name: 'a new instance that does not serve is followed all the same',
    file: 'src/fleet/plan/groups/rollout.ts',
    find: 'const stand = kept.every(({id}) => serving.has(id) || spared.has(id))',
    replace: 'const stand = true',
  },
  {
    name: 'both clouds roll at once',
    file: 'src/fleet/plan/groups/rollout.ts',
    find: '      planRollout(view, standing, serving, {',
    replace:
      "      planRollout(view, standing, serving, {hasTurn: true, after: anybodyLeaves ? ['theirs'] : []} || {",
  },
  {
    name: 'a whole group is one batch',
    file: 'src/fleet/plan/groups/rollout.ts',
    find: "return 'count' in batch ? batch.count :",
    replace: 'return count || ',
  },
  {
    name: 'a shared set is written over, whoever was first',
    file: 'src/providers/route53/edits.ts',
    find: `    ...edits.flatMap(({before}) => (before ? [{Action: 'DELETE' as const, ResourceRecordSet: before}] : [])),
    ...edits.flatMap(({after}) => (after ? [{Action: 'CREATE' as const, ResourceRecordSet: after}] : [])),`,
    replace: `    ...edits.flatMap(({before, after}) => (before && !after ? [{Action: 'DELETE' as const, ResourceRecordSet: before}] : [])),
    ...edits.flatMap(({after}) => (after ? [{Action: 'UPSERT' as const, ResourceRecordSet: after}] : [])),`,
    writers: 'srv',
  },
  {
    name: 'a change that lost its race counts as made',
    file: 'src/providers/route53/settle-shared.ts',
    find: 'if (round === ROUNDS) throw conflict(error.reasons, error)',
    replace: 'return undefined',
    writers: 'simple',
  },
  {
    name: 'the companion follows in a second call',
    file: 'src/providers/route53/settle-shared.ts',
    find: 'return await sendBatch(api, zoneId, edits)',
    replace: `let id
      for (const edit of edits) id = await sendBatch(api, zoneId, [edit])
      return id`,
    writers: 'srv',
  },
  {
    name: 'a value is removed whoever it belongs to',
    file: 'src/providers/route53/shared-edits.ts',
    find: 'if (set.has(member.value) && !isOurs)',
    replace: 'if (false)',
    writers: 'simple',
  },
  {
    name: 'a record is removed by its address, whoever made it',
    file: 'src/providers/cloudflare/reconcile.ts',
    find: `const found = observed.find(record => names(member, record))
    if (found && !unchanged(member, found))`,
    replace: `const found = observed.find(({type, content}) => type === member.type && content === member.value)
    if (false)`,
    writers: 'cloudflare',
  },
  {
    name: 'a record is deleted without being read again',
    file: 'src/providers/cloudflare/change.ts',
    find: 'read ??= await readNames(client, zone, names, signal)',
    replace: `read ??= change.create.length > 0 ? await readNames(client, zone, names, signal) :
        change.remove.map(({ref = '', name, type, value, ttlSeconds, mark, proxied = false}) => ({
          id: ref, name, type, content: value, ttl: ttlSeconds, proxied,
          comment: \`mcd:v1 f=\${mark?.fleet} g=\${mark?.group} i=\${mark?.instance}\`,
        }))`,
    writers: 'cloudflare',
  },
  {
    name: 'what stands there already counts as ours',
    file: 'src/providers/cloudflare/reconcile.ts',
    find: 'if (!sameOwner(standing.mark, member.mark))',
    replace: 'if (false)',
    writers: 'cloudflare',
  },
  {
    name: 'the last serving address may go',
    file: 'src/fleet/guards.ts',
    find: 'if (allowEmpty || wholeFleet) return',
    replace: 'if (wholeFleet || !wholeFleet) return',
    writers: 'simple',
  },
  {
    name: 'the clouds are read beside the zones',
    file: 'src/fleet/observe/observe.ts',
    find: 'const placesRead = zonesRead\n',
    replace: 'const placesRead = Promise.resolve()\n',
    writers: 'multivalue',
  },
  {
    name: 'quiet is believed without asking',
    file: 'src/fleet/plan/leaving/quiet.ts',
    find: 'if (quiet?.isQuiet) continue',
    replace: 'continue',
  },
  {
    name: 'who cannot be asked counts as quiet',
    file: 'src/fleet/observe/quiet.ts',
    find: "const isEmpty = 'connections' in seen && seen.connections === 0",
    replace: "const isEmpty = !('connections' in seen) || seen.connections === 0",
  },
  {
    name: 'unhealthy ones leave even the last place',
    file: 'src/fleet/plan/dns/kept-out.ts',
    find: 'if (desired.allowEmpty) return {failing, notes}',
    replace: 'if (failing.length > 0) return {failing, notes}',
  },
  {
    name: 'a drained one is put back',
    file: 'src/fleet/plan/fleet-view.ts',
    find: '...drained.keys(), ...held, ...drain]',
    replace: '...drain]',
  },
  {
    name: 'a saved plan is carried out although the world has moved',
    file: 'src/runs/plan-file.ts',
    find: 'if (moved.length === 0) return',
    replace: 'return',
  },
  {
    name: 'who comes second in a bucket writes all the same',
    file: 'src/journal/objects.ts',
    find: "if (came === 'exists' && (await readBatch(store, key)).writer !== writer) {",
    replace: 'if (false) {',
  },
  {
    name: 'a drain takes the last one',
    file: 'src/fleet/plan/dns/serving.ts',
    find: 'action.heldOut ? action.remove : []',
    replace: '[]',
  },
  {
    name: 'a lowered TTL is settled without waiting',
    file: 'src/fleet/plan/dns/lowered.ts',
    find: 'return observed.atMs < untilMs',
    replace: 'return false',
  },
  {
    name: 'a lowered TTL is not put back',
    file: 'src/journal/fold-ttl.ts',
    find: 'recorded.lowered.delete(key)\n      break',
    replace: 'break',
  },
  {
    name: 'records move one by one to another routing',
    file: 'src/fleet/plan/dns/address-records.ts',
    find: 'if (!DNS_CAPABILITIES[name.vendor].routes) return false',
    replace: 'return false',
  },
]
