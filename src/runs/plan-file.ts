import {readFileSync} from 'node:fs'
import * as z from 'zod'
import {McdError, UsageError} from '../errors.ts'
import {readTrouble} from '../file-trouble.ts'
import type {Inspection} from '../fleet/inspect/inspect.ts'
import {
  declaredOtherwise,
  pictureOf,
  SAVED_PLAN_FORMAT,
  type SavedPlan,
  savePlan,
  whatMoved,
} from '../fleet/inspect/saved-plan.ts'
import type {Fleet} from '../fleet/model.ts'
import {shellWord} from '../output/call.ts'
import {writeOutput} from '../output/write-output.ts'
import {VERSION} from '../version.ts'

/** `mcd plan --out FILE`. It holds no secret: launch specs are hashes, and DNS is public. */
export async function writePlanFile(path: string, made: Inspection, refreshImages: boolean): Promise<void> {
  const saved = savePlan(made, {mcd: VERSION, madeAt: new Date().toISOString(), refreshImages})
  await writeOutput(path, `${JSON.stringify(saved, undefined, 2)}\n`)
}

export type ReadPlan = SavedPlan & {readonly path: string}

/** `mcd up --plan FILE`. Throws UsageError where it is none, or is of another fleet or another mcd. */
export function readPlanFile(path: string): ReadPlan {
  const saved = {...parse(path), path}
  if (saved.mcd !== VERSION)
    throw new UsageError(
      `${path} was made by mcd ${saved.mcd}, and this is mcd ${VERSION}: it may plan otherwise.`,
      {
        suggestions: [remade(saved)],
      },
    )
  return saved
}

export function checkFleet(path: string, saved: SavedPlan, {name, dns}: Pick<Fleet, 'name' | 'dns'>): void {
  if (saved.fleet === name && saved.dns === dns) return
  throw new UsageError(
    `${path} is a plan of fleet ${saved.fleet} (${saved.dns}), and this fleet file is of ${name} (${dns}).`,
    {suggestions: ['Name the fleet file that the plan was made of with -f.']},
  )
}

/**
 * Throws McdError with everything that moved: then nothing of the plan is carried out. Where nothing is left to do and
 * nothing else is wished for the plan has come true, as for a job that is run again.
 */
export function checkUnmoved(path: string, saved: SavedPlan, made: Inspection): void {
  const now = pictureOf(made)
  const wishes = declaredOtherwise(saved.picture, now)
  const isDone = made.plan.actions.length === 0 && made.plan.notes.every(({blocks}) => !blocks)
  const moved = isDone && wishes.length === 0 ? [] : whatMoved(saved.picture, now)
  if (moved.length === 0) return
  throw new McdError(
    [
      `The plan in ${path} is not carried out: since ${saved.madeAt} the world has moved.`,
      ...moved.map(text => `  ${text}`),
    ].join('\n'),
    {
      suggestions: [
        ...(wishes.some(wish => moved.includes(wish))
          ? ['Give every -f and --set that the plan was made with.']
          : []),
        'Look at a new plan, approve it, and carry that one out. Nothing was changed.',
        remade({...saved, path}),
      ],
    },
  )
}

/** Of a file that is no plan: it may be anything, and is not to be written over. */
const REMAKE = 'Make it anew: mcd plan --out FILE'

/** The same plan under the same name, as it was asked for. */
const remade = ({path, refreshImages}: Pick<ReadPlan, 'path' | 'refreshImages'>): string =>
  `Make it anew: mcd plan${refreshImages ? ' --refresh-images' : ''} --out ${shellWord(path)}`

const isMissing = (cause: unknown): boolean => (cause as NodeJS.ErrnoException).code === 'ENOENT'

function parse(path: string): SavedPlan {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(
      isMissing(cause)
        ? `There is no plan at ${path}.`
        : `The plan ${path} cannot be read: ${readTrouble(cause)}.`,
      {
        cause,
        suggestions: [REMAKE],
      },
    )
  }
  const saved = FILE.safeParse(text)
  if (saved.success) return saved.data
  throw new UsageError(`${path} is no plan that this mcd can carry out.`, {suggestions: [REMAKE]})
}

const LINES = z.record(z.string(), z.string())

/** A file may have been cut short or edited: what is no whole plan must not get as far as a run. */
const FILE: z.ZodType<SavedPlan> = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue('no JSON')
      return z.NEVER
    }
  })
  .pipe(
    z.object({
      format: z.literal(SAVED_PLAN_FORMAT),
      mcd: z.string(),
      fleet: z.string(),
      dns: z.string(),
      madeAt: z.string(),
      refreshImages: z.boolean(),
      ends: z.array(z.string()),
      picture: z.object({
        declared: LINES,
        instances: LINES,
        records: LINES,
        ingress: LINES,
        unread: LINES,
        actions: LINES,
      }),
    }),
  )
