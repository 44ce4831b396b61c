import type {StoredEvent} from '../../src/journal/events.ts'
import type {Stage} from './stage.ts'

/**
 * Everything that happened on a stage, in order of virtual time: what the story did, what the journal says, and every call
 * that changed something or was refused.
 */
export async function trace({sim, notes}: Stage): Promise<string> {
  const startMs = notes[0]?.atMs ?? 0
  const events = await sim.journal.read()
  const lines = [
    ...notes.map(({atMs, text}) => ({atMs, text: `== ${text}`})),
    ...events.map(stored => ({atMs: stored.atMs, text: `   journal ${describe(stored)}`})),
    ...sim.world.calls.records
      .filter(({effects, refused}) => effects.length > 0 || refused !== undefined)
      .map(({atMs, service, action, principal, effects, refused}) => ({
        atMs,
        text: `   ${principal.name} ${service}:${action} ${refused === undefined ? '' : `refused ${refused} `}${effects.join(', ')}`,
      })),
  ]
  // Stable: what happened at one moment stays in the order of its own list.
  lines.sort((a, b) => a.atMs - b.atMs)
  return lines
    .map(({atMs, text}) => `${((atMs - startMs) / 1_000).toFixed(3).padStart(10)} ${text}`)
    .join('\n')
}

function describe({run, event}: StoredEvent): string {
  const {type, ...rest} = event
  return `${run.slice(0, 8)} ${type} ${JSON.stringify(rest)}`
}
