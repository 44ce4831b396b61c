import type {RunHistory} from '../fleet/history/history.ts'
import {dateText, spanText, timeText} from './time-text.ts'
import {type Bar, type BarKind, barsOf} from './timeline-bars.ts'

/** In pixels. */
const WIDTH = 1200
const MARGIN = 16
const TOP = 92
const ROW = 22
const BAR = 14
const GAP = 12
const FONT = 12
/** A letter of a sans-serif type at this size, on the wide side; a bold one. */
const LETTER = 7.2
const BOLD_LETTER = 8
const MOST_LETTERS = 48

const COLOUR: Readonly<Record<BarKind, string>> = {
  network: '#8d6e63',
  launch: '#2e7d32',
  dns: '#1565c0',
  drain: '#b0bec5',
  terminate: '#6a1b9a',
}
const FAILED = '#d32f2f'

type Scale = (ms: number) => number

/** A run as a picture: a lane for each place and zone, a bar for each step, drains beside them. Plain SVG, no scripts. */
export function timelineSvg(fleet: string, run: RunHistory): string {
  const bars = barsOf(run)
  const wholeMs = Math.max(1_000, run.lastAtMs - run.startedAtMs)
  const lanes = [...new Set(bars.map(bar => bar.lane))].sort()
  const left = 2 * MARGIN + Math.max(0, ...lanes.map(lane => shortened(lane).length)) * BOLD_LETTER
  const x: Scale = ms => left + ((ms - run.startedAtMs) / wholeMs) * (WIDTH - left - 2 * MARGIN)
  const grounds: string[] = []
  const drawn: string[] = []
  let y = TOP
  for (const lane of lanes) {
    const rows = inRows(
      bars.filter(bar => bar.lane === lane),
      x,
    )
    const height = rows.length * ROW + GAP
    const fill = grounds.length % 2 === 0 ? '#f3f6f7' : '#ffffff'
    grounds.push(`<rect x="0" y="${y}" width="${WIDTH}" height="${height}" fill="${fill}"/>`)
    drawn.push(text(MARGIN, y + GAP / 2 + FONT, shortened(lane), 'font-weight="bold"'))
    for (const [index, row] of rows.entries())
      for (const bar of row) drawn.push(drawBar(bar, y + GAP / 2 + index * ROW, x))
    y += height
  }
  if (bars.length === 0) {
    y += ROW
    drawn.push(text(MARGIN, y - 4, 'This run changed nothing.'))
  }
  const height = y + 2 * ROW
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="${FONT}" fill="#263238">`,
    `<rect x="0" y="0" width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(MARGIN, 30, `Fleet ${fleet}: mcd ${run.command}`, 'font-size="18" font-weight="bold"'),
    text(MARGIN, 52, subtitle(run), 'fill="#455a64"'),
    ...grounds,
    ...axis(wholeMs, ms => x(run.startedAtMs + ms), y),
    ...drawn,
    legend(y + ROW + 4),
    '</svg>\n',
  ].join('\n')
}

function subtitle({run, user, host, startedAtMs, lastAtMs, end}: RunHistory): string {
  const ended =
    end.kind === 'finished'
      ? `ended ${timeText(lastAtMs)}, exit ${end.exit}`
      : `last heard of ${timeText(lastAtMs)}`
  return `Run ${run} by ${user}@${host}, began ${dateText(startedAtMs)} UTC, ${ended}, ${spanText(lastAtMs - startedAtMs)}`
}

/** From where to where a bar and its label reach. The label stands inside where it fits, else after the bar, else before it. */
function extent(bar: Bar, x: Scale) {
  const from = x(bar.fromMs)
  const until = Math.max(from + 3, x(bar.untilMs))
  const label = bar.label.length * LETTER + 8
  const side = label <= until - from ? 'inside' : until + label <= WIDTH ? 'after' : 'before'
  return {
    from,
    until,
    side,
    first: side === 'before' ? from - label : from,
    last: side === 'after' ? until + label : until,
  } as const
}

/** As few rows as keep bars and labels apart. */
function inRows(bars: readonly Bar[], x: Scale): Bar[][] {
  const rows: {bars: Bar[]; last: number}[] = []
  for (const bar of bars.toSorted((a, b) => extent(a, x).first - extent(b, x).first)) {
    const {first, last} = extent(bar, x)
    const row = rows.find(each => each.last + 4 <= first)
    if (row) {
      row.bars.push(bar)
      row.last = last
    } else rows.push({bars: [bar], last})
  }
  return rows.map(row => row.bars)
}

function drawBar(bar: Bar, top: number, x: Scale): string {
  const {from, until, side} = extent(bar, x)
  const fill = bar.failed ? FAILED : COLOUR[bar.kind]
  const baseline = top + FONT - 1
  const label = {
    inside: () => text(from + 4, baseline, bar.label, bar.kind === 'drain' ? '' : 'fill="#ffffff"'),
    after: () => text(until + 4, baseline, bar.label),
    before: () => text(from - 4, baseline, bar.label, 'text-anchor="end"'),
  }[side]()
  const retries = bar.retriesMs.map(ms => {
    const at = x(ms).toFixed(1)
    return `<line x1="${at}" y1="${top - 2}" x2="${at}" y2="${top + BAR + 2}" stroke="${FAILED}" stroke-width="2"/>`
  })
  const box = `<rect x="${from.toFixed(1)}" y="${top}" width="${(until - from).toFixed(1)}" height="${BAR}" rx="2" fill="${fill}"/>`
  return `<g><title>${escaped(bar.details.join('\n'))}</title>${box}${retries.join('')}${label}</g>`
}

const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400]
const MOST_TICKS = 10

function axis(wholeMs: number, x: Scale, bottom: number): string[] {
  const stepMs =
    (STEPS_S.find(step => wholeMs / (step * 1_000) <= MOST_TICKS) ?? wholeMs / MOST_TICKS / 1_000) * 1_000
  const count = Math.floor(wholeMs / stepMs)
  return Array.from({length: count + 1}, (_, index) => {
    const at = x(index * stepMs).toFixed(1)
    const line = `<line x1="${at}" y1="${TOP - 8}" x2="${at}" y2="${bottom}" stroke="#cfd8dc"/>`
    return `${line}${text(Number(at), TOP - 14, index === 0 ? '0' : `+${tickText(index * stepMs)}`, 'fill="#607d8b" text-anchor="middle"')}`
  })
}

const tickText = (ms: number): string =>
  spanText(ms)
    .replace(/^(\d)\.0s$/, '$1s')
    .replace(/00[sm]$/, '')

function legend(y: number): string {
  const entries = [...Object.entries(COLOUR), ['not done', FAILED], ['sent again', FAILED]]
  return entries
    .map(([name = '', colour], index) => {
      const left = MARGIN + index * 110
      const width = name === 'sent again' ? 2 : BAR
      return `<rect x="${left}" y="${y - BAR + 3}" width="${width}" height="${BAR}" fill="${colour}"/>${text(left + BAR + 6, y, name)}`
    })
    .join('')
}

function text(x: number, y: number, content: string, style = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}"${style ? ` ${style}` : ''}>${escaped(content)}</text>`
}

/** A place is known by its end: an endpoint's path and port. */
const shortened = (lane: string): string =>
  lane.length > MOST_LETTERS ? `…${lane.slice(1 - MOST_LETTERS)}` : lane

/** XML has no other way to hold these, and none at all for control characters. */
const escaped = (content: string): string =>
  content
    .replace(/\p{Cc}/gu, character => (character === '\n' ? character : ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
