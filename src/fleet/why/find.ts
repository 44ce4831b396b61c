import {UsageError} from '../../errors.ts'
import type {Recorded} from '../../journal/recorded.ts'
import {nearest} from '../../nearest.ts'
import {knownInstances} from '../known-instances.ts'
import {type Observed, shownInstances} from '../observed.ts'

/** As many characters of an id as mcd shows of Triton's. */
const SHORT_ID = 8

/**
 * The whole id of what is meant: shown by a cloud under the fleet's name (whosever it is), or named by the journal. The
 * beginning of one is enough where only one begins so. Throws UsageError with the nearest one for anything else.
 */
export function findInstance(wanted: string, observed: Observed, recorded: Recorded): string {
  const shown = shownInstances(observed).map(({id}) => id)
  const marked = [...observed.names.values()].flatMap(name =>
    name.readable ? [...name.members, ...name.holds].flatMap(({mark}) => mark?.instance ?? []) : [],
  )
  const known = new Set([
    ...shown,
    ...knownInstances(recorded),
    ...recorded.leaving.keys(),
    ...recorded.terminatedAtMs.keys(),
    ...marked,
  ])
  if (known.has(wanted)) return wanted
  const begun = wanted.length >= SHORT_ID ? [...known].filter(id => id.startsWith(wanted)) : []
  if (begun.length === 1 && begun[0] !== undefined) return begun[0]
  if (begun.length > 1)
    throw new UsageError(`"${wanted}" begins several ids: ${begun.join(', ')}.`, {
      suggestions: ['Give more of the id.'],
    })
  const near = nearest(wanted, known)
  const silent = [...observed.places].flatMap(([key, {readable}]) => (readable ? [] : key))
  throw new UsageError(
    [
      `No cloud of this fleet shows an instance "${wanted}", no record carries its mark, and the journal does not name it.`,
      ...(silent.length > 0 ? [`${silent.join(', ')} could not be read.`] : []),
    ].join(' '),
    {
      suggestions: [
        ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
        '"mcd status" lists the instances that live.',
      ],
    },
  )
}
