import type {DrainHistory} from '../fleet/history/drains.ts'
import type {RunHistory, StepHistory} from '../fleet/history/history.ts'
import type {Step} from '../journal/events.ts'
import {shortIds} from './short-id.ts'
import {inputText, listText, resultText, retriesText} from './step-text.ts'
import {spanText, timeText} from './time-text.ts'

export type BarKind = 'network' | 'launch' | 'dns' | 'drain' | 'terminate'

/** Something that lasted, in the lane of its place or zone. */
export type Bar = {
  readonly lane: string
  readonly kind: BarKind
  readonly fromMs: number
  readonly untilMs: number
  readonly label: string
  /** Everything that is known of it, a line each. */
  readonly details: readonly string[]
  readonly failed: boolean
  /** When a call of it had to be sent again. */
  readonly retriesMs: readonly number[]
}

/** What a run did as bars: a step in the lane of its place or zone, a drain in the lane of the zone it left first. */
export const barsOf = (run: RunHistory): Bar[] => [
  ...run.steps.map(step => stepBar(run, step)),
  ...run.drains.flatMap(drain => drainBar(run, drain)),
]

const KIND_OF: Readonly<Record<Step['kind'], BarKind>> = {
  'ensure-network': 'network',
  'remove-network': 'network',
  launch: 'launch',
  'change-dns': 'dns',
  terminate: 'terminate',
}

function stepBar(run: RunHistory, step: StepHistory): Bar {
  const {input, startedAtMs, endedAtMs, result, retries} = step
  const fromMs = startedAtMs ?? endedAtMs ?? run.startedAtMs
  const untilMs = endedAtMs ?? run.lastAtMs
  return {
    lane: input.kind === 'change-dns' ? input.zone : input.place,
    kind: KIND_OF[input.kind],
    fromMs,
    untilMs,
    label: shortIds(labelOf(input)),
    details: [
      inputText(input),
      `${timeText(fromMs)}, ${spanText(untilMs - fromMs)}`,
      ...retriesText(retries),
      resultText(step),
    ].map(shortIds),
    failed: result?.kind !== 'done',
    retriesMs: retries.map(({atMs}) => atMs),
  }
}

function labelOf(input: Step): string {
  switch (input.kind) {
    case 'ensure-network':
      return `open ${input.open.join(', ')} for ${input.group}`
    case 'remove-network':
      return `close ports of ${input.group}`
    case 'launch':
      return `launch ${input.order.count} × ${input.order.type} in ${input.order.zone.name}`
    case 'change-dns': {
      const {create, remove} = input.change
      const parts = [
        create.length > 0 ? `+${create.length}` : '',
        remove.length > 0 ? `−${remove.length}` : '',
      ]
      return `DNS ${parts.filter(Boolean).join(' ') || '±0'}`
    }
    case 'terminate':
      return `end ${listText(input.instances)}`
    default:
      return input satisfies never
  }
}

function drainBar(run: RunHistory, {instances, zones, endedAtMs}: DrainHistory): Bar[] {
  const [first] = zones.toSorted((a, b) => a.removedAtMs - b.removedAtMs)
  if (!first) return []
  const fromMs = Math.max(first.removedAtMs, run.startedAtMs)
  const untilMs = endedAtMs ?? run.lastAtMs
  const label = shortIds(`drain ${listText(instances)}`)
  return [
    {
      lane: first.zone,
      kind: 'drain',
      fromMs,
      untilMs,
      label,
      details: [label, `${timeText(fromMs)}, ${spanText(untilMs - fromMs)}`],
      failed: false,
      retriesMs: [],
    },
  ]
}
