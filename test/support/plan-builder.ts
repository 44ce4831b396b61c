import {type Action, isReady, type Plan} from '../../src/fleet/plan/action.ts'
import type {JournalEvent} from '../../src/journal/events.ts'
import type {NetworkPiece} from '../../src/providers/compute.ts'
import {NOW_MS, SPEC, VIRGINIA, wish} from './fleet-builder.ts'

/** What a plan has ready. */
export const ready = ({actions}: Pick<Plan, 'actions'>): Action[] => actions.filter(isReady)
export const kinds = (of: Pick<Plan, 'actions'>): Action['kind'][] => ready(of).map(({kind}) => kind)
export const only = <K extends Action['kind']>({actions}: Pick<Plan, 'actions'>, kind: K) =>
  actions.filter((action): action is Action & {kind: K} => action.kind === kind)

type Written<Type extends JournalEvent['type']> = Extract<JournalEvent, {type: Type}> & {
  run?: string
  atMs?: number
}

/** A launch in group virginia as it was intended; its step is `s-` and its name. */
export const launchIntent = (
  launch: string,
  count: number,
  {digest = 'd', ...over}: {run?: string; atMs?: number; digest?: string} = {},
): Written<'intent'> => ({
  type: 'intent',
  step: `s-${launch}`,
  what: {
    kind: 'launch',
    place: VIRGINIA.key,
    group: 'virginia',
    order: {
      mark: {fleet: 'web', dns: 'www.example.com', group: 'virginia', launch, spec: SPEC},
      count,
      type: 't3.micro',
      zone: {name: 'a', types: ['t3.micro']},
      target: {imageId: 'ami-1', imageName: 'u', zones: [], wish: wish(), vendor: {}},
      networkIds: [],
      userdataDigest: digest,
    },
  },
  ...over,
})

/** What came of it. */
export const launched = (launch: string, instances: string[], atMs = NOW_MS): Written<'outcome'> => ({
  type: 'outcome',
  step: `s-${launch}`,
  result: {kind: 'done', instances},
  atMs,
})

/** The ingress of group virginia. */
export const INGRESS: NetworkPiece = {
  id: 'sg-1',
  place: VIRGINIA.key,
  fleet: 'web',
  dns: 'www.example.com',
  group: 'virginia',
  open: [80],
}
