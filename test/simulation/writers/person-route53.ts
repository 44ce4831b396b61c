import type {ChangeInput} from '../../../src/sandbox/world/route53/change-input.ts'
import type {RecordSet} from '../../../src/sandbox/world/route53/record-set.ts'
import type {Carry} from '../../support/carry.ts'
import {NAME, SERVICE} from './machines.ts'
import type {Stage} from './stage.ts'

const operator = {name: 'operator'}

/** Somebody in Route53's console: looks at the sets, and after a while writes one of them as they think it should be. */
export async function actInRoute53(stage: Stage, carry: Carry): Promise<void> {
  const isSrv = stage.kind === 'srv' && stage.chance(0.7)
  const name = isSrv ? SERVICE : NAME
  const type = isSrv ? 'SRV' : 'A'
  const {route53} = stage.world
  const zone = route53.zone('example.com')?.id ?? ''
  const {sets: read} = await carry('route53:listResourceRecordSets', async () =>
    route53.listRecordSets(operator, zone, {name: `${name}.`, type}),
  )
  const sets = read.filter(set => set.name === `${name}.` && set.type === type)
  const isShared = isSrv || stage.kind === 'simple'
  const change = isShared ? editShared(stage, `${name}.`, type, sets[0]) : editMultivalue(stage, sets)
  if (change)
    await carry(
      'route53:changeResourceRecordSets',
      async () => void route53.changeRecordSets(operator, zone, change),
    )
}

const stranger = (stage: Stage): string => `203.0.113.${1 + stage.below(20)}`

function editMultivalue(stage: Stage, sets: readonly RecordSet[]): ChangeInput[] | undefined {
  const isOurs = ({setIdentifier = ''}: RecordSet) => setIdentifier.startsWith('mcd:v1:')
  const theirs = stage.oneOf(sets.filter(set => !isOurs(set)))
  const ours = stage.oneOf(sets.filter(isOurs))
  const draw = stage.below(10)
  if (draw < 3 && sets.length - sets.filter(isOurs).length < stage.strangers) {
    const value = stage.chance(0.3) ? (ours?.values?.[0] ?? stranger(stage)) : stranger(stage)
    const setIdentifier = `by hand ${1 + stage.below(5)}`
    const recordSet = {
      name: `${NAME}.`,
      type: 'A',
      setIdentifier,
      multiValueAnswer: true,
      ttlSeconds: 300,
      values: [value],
    }
    return [{action: stage.chance(0.5) ? 'CREATE' : 'UPSERT', recordSet}]
  }
  if (draw < 5 && theirs)
    return [{action: 'UPSERT', recordSet: {...theirs, ttlSeconds: 120 + stage.below(5)}}]
  if (draw < 6 && theirs) return [{action: 'DELETE', recordSet: theirs}]
  if (draw < 7 && ours) return [{action: 'DELETE', recordSet: ours}]
  if (draw < 8 && ours) return [{action: 'UPSERT', recordSet: {...ours, values: [stranger(stage)]}}]
  return ours && [{action: 'UPSERT', recordSet: {...ours, ttlSeconds: 900}}]
}

/**
 * One set for all. People UPSERT, so what came in since they looked is lost: that is theirs to answer for, and mcd's to repair.
 */
function editShared(
  stage: Stage,
  name: string,
  type: string,
  set: RecordSet | undefined,
): ChangeInput[] | undefined {
  const value = type === 'SRV' ? `0 0 ${8000 + stage.below(20)} theirs.example.net.` : stranger(stage)
  if (!set)
    return stage.strangers > 0
      ? [{action: 'CREATE', recordSet: {name, type, ttlSeconds: 300, values: [value]}}]
      : undefined
  const values = set.values ?? []
  const put = (more: {values?: readonly string[]; ttlSeconds?: number}): ChangeInput[] => {
    const after = {name, type, ttlSeconds: set.ttlSeconds ?? 0, values, ...more}
    return stage.chance(0.3)
      ? [{action: 'UPSERT', recordSet: after}]
      : [
          {action: 'DELETE', recordSet: set},
          {action: 'CREATE', recordSet: after},
        ]
  }
  const foreign = values.filter(text => text.includes('theirs') || text.startsWith('203.'))
  const ours = values.filter(text => !foreign.includes(text))
  const draw = stage.below(10)
  if (draw < 4 && foreign.length < stage.strangers && !values.includes(value))
    return put({values: [...values, value]})
  if (draw < 6 && foreign.length > 0 && values.length > 1) {
    const gone = stage.oneOf(foreign)
    return put({values: values.filter(text => text !== gone)})
  }
  if (draw < 7 && ours.length > 0 && values.length > 1) {
    const gone = stage.oneOf(ours)
    return put({values: values.filter(text => text !== gone)})
  }
  if (draw < 8 && type === 'SRV' && ours.length > 0) {
    const edited = stage.oneOf(ours)
    return put({
      values: values
        .map(text => (text === edited ? text.replace(/^0 0/, `${stage.below(9)} 9`) : text))
        .filter((text, at, all) => all.indexOf(text) === at),
    })
  }
  return put({ttlSeconds: 60 + stage.below(5)})
}
